-- One row for each region and size: the share of units that the size will sell.
with forecasts as (
    select * from read_csv([
        {%- for region in vars.regions %}
        '${steps.score[region={{ region }}].outputs.forecast}'{{ "," if not loop.last }}
        {%- endfor %}
    ])
)
select
    region,
    size,
    units,
    units / sum(units) over (partition by region) as share
from forecasts
order by region, size

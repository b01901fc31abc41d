create or replace table mart.size_forecast__size_curves as
with forecasts as (
    select * from read_csv([
        '${steps.score[region=us].outputs.forecast}',
        '${steps.score[region=uk].outputs.forecast}'
    ])
)
select
    region,
    size,
    units,
    units / sum(units) over (partition by region) as share
from forecasts
order by region, size
;

-- Units sold by week, region and size.
select
    region,
    size,
    date_trunc('week', ordered_on) as week,
    sum(units) as units
from {{ ref('orders') }}
where ordered_on < ${run.date}
group by region, size, week
order by region, size, week

create or replace table mart.size_forecast__size_features as
select
    region,
    size,
    date_trunc('week', ordered_on) as week,
    sum(units) as units
from raw.orders
where ordered_on < ${run.date}
group by region, size, week
order by region, size, week
;

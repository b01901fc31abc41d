create or replace table daily_sales__by_day as
select
    sold_on,
    count(*) as sales,
    sum(euros) as euros
from raw.sales
where sold_on <= ${run.date}
group by sold_on
;

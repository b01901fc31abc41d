select
    sold_on,
    count(*) as sales,
    sum(euros) as euros
from {{ ref('sales') }}
where sold_on <= ${run.date}
group by sold_on

select
    ordered_on,
    count(*) as orders,
    count(distinct customer_id) as customers,
    sum(amount) as revenue
from {{ ref('orders') }}
group by ordered_on

select
    orders.id as order_id,
    orders.customer_id,
    orders.ordered_at::date as ordered_on,
    coalesce(payments.amount, 0) as amount
from raw.orders as orders
left join {{ ref('payments') }} as payments on payments.order_id = orders.id
where orders.status <> 'cancelled'

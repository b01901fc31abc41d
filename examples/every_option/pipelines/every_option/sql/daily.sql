select
    day,
    country,
    sum({{ cents_to_euros('revenue_cents') }}) as euros
from raw.visits
where day = ${run.date}
    and country in ({% for country in vars.countries %}'{{ country }}'{{ ", " if not loop.last }}{% endfor %})
group by day, country

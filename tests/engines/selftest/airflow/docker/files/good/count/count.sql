begin;
drop table if exists good__count;
create table good__count as
select '${params.label}' as label, ${run.timestamp} as at, ${params.dry} as dry
;
commit;

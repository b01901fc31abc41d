create temp table days (day text, word text, n integer);
insert into days values ('2026-03-04', 'it''s', 7), ('2026-03-05', 'other $(HOME)', 8);
select 'TRACE ' || json_object('event', 'begin', 'time', 0, 'env', json_object(), 'files', json_object(), 'argv',
    json_array(word, cast(n as text), ${params.word}, cast(n + ${params.days} as text), 'a {{ '{{' }}x}} $(HOME) $$ ${params.word}%'))
from days where n > ${params.days} and word = ${params.word};

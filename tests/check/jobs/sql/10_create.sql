-- a comment with {commented}, which VDK replaces as well
create table if not exists {schema}.{table} (id int, note varchar default '{{x}}');

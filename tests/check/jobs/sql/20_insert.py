def run(job_input):
    limit = 10
    job_input.execute_query("insert into {schema}.orders select * from {source}")
    job_input.execute_query(f"select * from {{inline}} limit {limit}")
    query = "delete from {old_table}"
    job_input.execute_query(query)
    job_input.execute_query(sql="""
        {% for day in days %} {{ day }} {% endfor %}
    """)

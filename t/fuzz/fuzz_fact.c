/* Read the facts of a file, which count the same twice. */
#include "fuzz.h"

#include "detect/sweep_internal.h"

/* Of a file at "a", by the key of eight sevens. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct gv_sweep_opts opts = { .tallies = true };
	const struct gv_sweep_job job = { .path = "a", .blob = { { 1 } } };
	const struct gv_sweep_job other = { .path = "b", .blob = { { 1 } } };
	struct gv_sweep *sweep = NULL;
	struct gv_sweep_private *p;
	struct gv_buf file = GV_BUF_INIT;
	struct gv_sweep_tally one = { 0 }, two = { 0 };
	int r;

	must(gv_sweep_new(&sweep, &opts) == 0);
	p = sweep->private;
	must(gv_sweep_fact_load(sweep) == 0);
	memset(p->key.name, '7', GV_IDKEY_NAME);
	sweep->key = &p->key;
	p->facts = (struct gv_fact)GV_FACT_INIT;
	p->asked = p->has_facts = true;
	gv_sweep_fact_put(sweep, &job.blob, "a",
	    &(struct gv_sweep_facts){
		.bytes = { .p = (char *)data, .len = len } });
	gv_table_format(&file, &p->facts.recent, NULL, NULL);
	must(gv_table_parse(&p->facts.recent, file.p, file.len) == 0);
	r = gv_sweep_fact_tell(sweep, &job, &one);
	must(r == 0 || r == 1);
	must(gv_sweep_fact_tell(sweep, &job, &two) == r);
	must(one.open == two.open && one.n == two.n && sweep->n == 0);
	must(r == 1 || (one.open == 0 && one.n == 0));
	must(gv_sweep_fact_tell(sweep, &other, &two) == 0);
	free(one.spans);
	free(two.spans);
	gv_sweep_free(sweep);
	gv_buf_release(&file);
	return 0;
}

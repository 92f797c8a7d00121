/* Read the facts of a file, which count the same twice. */
#include "fuzz.h"

#include "detect/trawl_internal.h"

/* Of a file at "a", by the key of eight sevens. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct gv_trawl_opts opts = { .tallies = true };
	const struct gv_trawl_job job = { .path = "a", .blob = { { 1 } } };
	const struct gv_trawl_job other = { .path = "b", .blob = { { 1 } } };
	struct gv_trawl *trawl = NULL;
	struct gv_trawl_private *p;
	struct gv_buf file = GV_BUF_INIT;
	struct gv_trawl_tally one = { 0 }, two = { 0 };
	int r;

	must(gv_trawl_new(&trawl, &opts) == 0);
	p = trawl->private;
	must(gv_trawl_fact_load(trawl) == 0);
	memset(p->key.name, '7', GV_IDKEY_NAME);
	trawl->key = &p->key;
	p->facts = (struct gv_table)GV_FACT_INIT;
	p->asked = p->has_facts = true;
	gv_trawl_fact_put(trawl, &job.blob, "a",
	    &(struct gv_trawl_facts){
		.bytes = { .p = (char *)data, .len = len } });
	gv_table_format(&file, &p->facts, NULL, NULL);
	must(gv_table_parse(&p->facts, file.p, file.len) == 0);
	r = gv_trawl_fact_tell(trawl, &job, &one);
	must(r == 0 || r == 1);
	must(gv_trawl_fact_tell(trawl, &job, &two) == r);
	must(one.open == two.open && one.n == two.n && trawl->n == 0);
	must(r == 1 || (one.open == 0 && one.n == 0));
	must(gv_trawl_fact_tell(trawl, &other, &two) == 0);
	free(one.spans);
	free(two.spans);
	gv_trawl_free(trawl);
	gv_buf_release(&file);
	return 0;
}

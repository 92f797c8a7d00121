/* A manifest of a store, signed or not, and its format object: what anybody who
 * can write there may have put in their place. */
#include "fuzz.h"

#include "base/err.h"
#include "crypto/sign.h"
#include "replica/replica_internal.h"

static void
check_state(const struct gv_replica_manifest *m)
{
	size_t i;

	for (i = 0; i < m->n_refs; i++)
		must(
		    gv_replica_manifest_ref(m, m->refs[i].name) == &m->refs[i]);
	for (i = 0; i < m->n_packs; i++)
		must(gv_replica_manifest_pack(m, m->packs[i].sum) ==
		    &m->packs[i]);
}

/* A chain of one: what it says is the state. */
static void
apply(const struct gv_replica_manifest *m)
{
	struct gv_replica_manifest state = GV_REPLICA_MANIFEST_INIT;
	int r = gv_replica_manifest_apply(&state, m);

	must(r == (m->is_whole ? 0 : GV_ECORRUPT));
	if (r == 0)
		check_state(&state);
	gv_replica_manifest_release(&state);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct gv_replica_manifest m;
	struct gv_buf out = GV_BUF_INIT, roots = GV_BUF_INIT;
	char id[GV_REPLICA_ID + 1];
	struct gv_sign by;
	bool sealed;
	int r = gv_replica_manifest_parse(&m, text, len);

	must(r == 0 || r == GV_ECORRUPT || r == GV_EREFUSED);
	if (r == 0) {
		must(gv_replica_manifest_format(&out, &m) == 0);
		must(out.len == len && memcmp(out.p, data, len) == 0);
		apply(&m);
	}
	gv_replica_manifest_release(&m);
	r = gv_replica_manifest_open(&m, &by, text, len);
	must(r == 0 || r == GV_ECORRUPT || r == GV_EREFUSED);
	gv_replica_manifest_release(&m);
	r = gv_replica_format_parse(id, &sealed, &roots, text, len);
	must(r == 0 || r == GV_ECORRUPT || r == GV_EREFUSED);
	gv_buf_release(&roots);
	gv_buf_release(&out);
	return 0;
}

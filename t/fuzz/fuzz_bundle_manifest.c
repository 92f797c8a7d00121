/* What a bundle of a vault says of itself, which is read before anything of it
 * is verified: what is read has one form, so it is written as it was. */
#include "fuzz.h"

#include "base/err.h"
#include "sync/bundle_manifest.h"

/* Lists that are sorted have each once. */
static void
check_ids(const struct gv_bundle_ids *list)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		must(!gv_oid_is_zero(&list->ids[i]));
		if (i)
			must(memcmp(&list->ids[i - 1], &list->ids[i],
				 sizeof(list->ids[i])) < 0);
	}
}

static void
check_refs(const struct gv_bundle_manifest *m)
{
	size_t i;

	for (i = 0; i < m->n_refs; i++) {
		must(!gv_oid_is_zero(&m->refs[i].id));
		must(
		    gv_bundle_manifest_find(m, m->refs[i].name) == &m->refs[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_bundle_manifest m;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_bundle_manifest_parse(&m, (const char *)data, len);

	must(r == 0 || r == GV_ECORRUPT || r == GV_EREFUSED);
	if (r == 0) {
		check_ids(&m.needs);
		check_ids(&m.roots);
		check_refs(&m);
		must(gv_bundle_manifest_format(&text, &m) == 0);
		must(text.len == len && memcmp(text.p, data, len) == 0);
	} else {
		must(*gv_err_message() != '\0');
	}
	gv_buf_release(&text);
	gv_bundle_manifest_release(&m);
	return 0;
}

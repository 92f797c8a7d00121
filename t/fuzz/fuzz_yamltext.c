/*
 * Any bytes as YAML that is made JSON: it is JSON, and what ends in it ends in
 * the text in the same order.
 */
#include "fuzz.h"

#include "base/err.h"
#include "format/jsontext.h"
#include "format/yamltext.h"

static void
must_be_json(const struct gv_yamltext *y)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	int r;

	gv_jsontext_init(&j, y->json, y->len);
	do
		r = gv_jsontext_next(&j, &t);
	while (r > 0);
	must(r == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t i, at, last = 0, next = 0;
	struct gv_yamltext y;
	int r = gv_yamltext_read(&y, (const char *)data, len, NULL);

	must(r == 0 || (r == GV_EREFUSED && *gv_err_message()));
	if (r == 0 && y.len)
		must_be_json(&y);
	for (i = 0; r == 0 && i < y.n; i++) {
		must(i == 0 || y.bounds[i].json > y.bounds[i - 1].json);
		at = gv_yamltext_at(&y, &next, y.bounds[i].json);
		must(at >= last && at <= len);
		last = at;
	}
	gv_yamltext_release(&y);
	return 0;
}

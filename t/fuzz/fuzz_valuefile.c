/* Values with names, as environment and JSON: what is read is written so that
 * it is read the same again. */
#include "fuzz.h"

#include "base/err.h"
#include "secret/valuefile.h"

static void
must_be_equal(const struct gv_valuefile *a, const struct gv_valuefile *b)
{
	size_t i;

	must(a->n == b->n);
	for (i = 0; i < a->n; i++) {
		must(a->items[i].len == b->items[i].len);
		must(memcmp(gv_valuefile_bytes(a, &a->items[i]),
			 gv_valuefile_bytes(b, &b->items[i]),
			 a->items[i].len) == 0);
	}
}

static void
read_as(enum gv_valuefile_format format, const uint8_t *data, size_t len)
{
	struct gv_valuefile b = GV_VALUEFILE_INIT, again = GV_VALUEFILE_INIT;
	struct gv_secret text = GV_SECRET_INIT, out = GV_SECRET_INIT;
	int r;

	must(gv_secret_add(&text, data, len) == 0);
	r = gv_valuefile_read(&b, format, &text);
	must(r == 0 || r == GV_EREFUSED);
	if (r == 0 && gv_valuefile_name(&b, GV_VALUEFILE_JSON) == 0 &&
	    gv_valuefile_write(&out, &b, GV_VALUEFILE_JSON) == 0) {
		must(gv_valuefile_read(&again, GV_VALUEFILE_JSON, &out) == 0);
		must_be_equal(&b, &again);
	}
	gv_valuefile_release(&b);
	gv_valuefile_release(&again);
	gv_secret_release(&text);
	gv_secret_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	read_as(GV_VALUEFILE_ENV, data, len);
	read_as(GV_VALUEFILE_JSON, data, len);
	return 0;
}

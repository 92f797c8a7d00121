/* A list of what is withheld: what is read whole is written the same again, and
 * each path of it is found. */
#include "fuzz.h"

#include "base/err.h"
#include "seal/withheld.h"

static void
must_find(const uint8_t *data, size_t len, const struct gv_withheld *list)
{
	struct gv_withheld_entry e;
	struct gv_withheld_iter it;
	size_t i;

	must(gv_withheld_open(&it, (const char *)data, len) == 0);
	for (i = 0; i < list->n; i++) {
		const struct gv_withheld_entry *a = &list->entries[i];

		must(gv_withheld_find(&it, a->path, a->path_len) == 0);
		must(gv_withheld_next(&it, &e) == 1);
		must(e.path_len == a->path_len &&
		    memcmp(e.path, a->path, e.path_len) == 0);
		must(e.place.at <= a->place.at);
	}
	gv_withheld_close(&it);
}

/* Also of a list that is damaged elsewhere it says something. */
static void
find_something(const uint8_t *data, size_t len)
{
	struct gv_withheld_iter it;
	int r = gv_withheld_open(&it, (const char *)data, len);

	if (r == 0)
		r = gv_withheld_find(&it, "a", 1);
	must(r == 0 || r == GV_ENOTFOUND || r == GV_ECORRUPT);
	gv_withheld_close(&it);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_withheld list = GV_WITHHELD_INIT;
	struct gv_withheld_entry e;
	struct gv_withheld_iter it;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_withheld_open(&it, (const char *)data, len);

	while (r == 0 && (r = gv_withheld_next(&it, &e)) > 0)
		r = gv_withheld_add(&list, &e);
	must(r == 0 || r == GV_ECORRUPT);
	gv_withheld_close(&it);
	if (r == 0) {
		must(gv_withheld_write(&text, &list) == 0);
		must_be(&text, data, len);
		must_find(data, len, &list);
	}
	find_something(data, len);
	gv_withheld_release(&list);
	return 0;
}

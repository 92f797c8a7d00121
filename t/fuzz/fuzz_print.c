/* Take the prints of a text in each kind of syntax, and compare it with itself:
 * all places are within it, and it is as it is. */
#include "fuzz.h"

#include "reuse/match.h"
#include "kin/print.h"

static void
look(const char *path, const char *text, size_t len)
{
	struct gv_prints prints[GV_PRINT_STREAMS];
	struct gv_match_index index;
	struct gv_matches found;
	size_t i, lines = 1;
	int k;

	for (i = 0; i < len; i++)
		lines += text[i] == '\n';
	memset(&index, 0, sizeof(index));
	must(gv_prints_of(prints, path, text, len) == 0);
	must(gv_match_add(&index, 1, prints) == 0);
	gv_match_end(&index);
	must(gv_match_find(&found, &index, prints) == 0);
	for (i = 0; i < found.n; i++) {
		const struct gv_match *m = &found.items[i];

		must(m->file == 1 && m->first >= 1 && m->first <= m->last);
		must(m->last <= lines && m->to_last <= lines);
		must(m->to_first <= m->to_last && m->alike <= 100);
		must(m->tokens <= prints[0].tokens);
	}
	for (k = 0; k < GV_PRINT_STREAMS; k++) {
		must(prints[k].n == 0 ||
		    gv_prints_alike(&prints[k], &prints[k]) == 100);
		gv_prints_release(&prints[k]);
	}
	free(found.items);
	gv_match_release(&index);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const paths[] = { "a.c", "a.py", "a.tf", "a.lua",
		"Makefile", "README" };
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		look(paths[i], (const char *)data, len);
	return 0;
}

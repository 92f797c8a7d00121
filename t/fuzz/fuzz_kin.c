/* Take the marks of a text, and join it with itself: it is its own predecessor,
 * if it is anybody's. */
#include "fuzz.h"

#include "kin/kin.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_kin_marks marks[2];
	struct gv_kin_pairs pairs;
	size_t i;

	must(gv_kin_mark(&marks[0], "a/b.c", (const char *)data, len) == 0);
	must(gv_kin_mark(&marks[1], "", (const char *)data, len / 2) == 0);
	for (i = 1; i < marks[0].n; i++)
		must(marks[0].items[i - 1] < marks[0].items[i]);
	must(gv_kin_join(&pairs, marks, 2, marks, 2) == 0);
	for (i = 0; i < pairs.n; i++) {
		must(pairs.items[i].old < 2 && pairs.items[i].new < 2);
		must(pairs.items[i].alike >= GV_KIN_ALIKE);
		must(pairs.items[i].alike <= 100);
	}
	free(pairs.items);
	gv_kin_release(&marks[0]);
	gv_kin_release(&marks[1]);
	return 0;
}

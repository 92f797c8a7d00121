/* The text of classes of files that a save leaves for watch: whatever it has, it
 * is refused or gives each path a class, the same each time. */
#include "fuzz.h"

#include <string.h>

#include "base/err.h"
#include "policy/classes.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const paths[] = { "main.tf", "docs/a.md",
		"a/b/c.log", "x", "vendor/y.go" };
	struct gv_classes classes;
	struct gv_classes_why why;
	size_t i;
	int r = gv_classes_read(&classes, (const char *)data, len);

	must(r == 0 || r == GV_ECORRUPT);
	must(r == 0 || classes.n == 0);
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const size_t n = strlen(paths[i]);
		const enum gv_class class =
		    gv_classes_of(&classes, paths[i], n, &why);

		must(class < GV_CLASSES);
		must(classes.every[class] > 0);
		must(why.what || why.pattern || why.language);
		must(gv_classes_of(&classes, paths[i], n, NULL) == class);
	}
	gv_classes_release(&classes);
	return 0;
}

/*
 * Any bytes as a file of settings, by any of their names: the first byte is
 * which. What is told lies in the text, and is within
 * its bounds.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "rollback/configkeys.h"

static void
check(const struct gv_configkeys *k, size_t len)
{
	const char *name;
	size_t i, n;

	must(k->n <= GV_CONFIGKEYS_MAX);
	for (i = 0; i < k->n; i++) {
		must(k->keys[i].at <= len);
		must(k->keys[i].len <= len - k->keys[i].at);
		must(k->keys[i].name + k->keys[i].name_len <= k->names.len);
		name = gv_configkeys_name(k, &k->keys[i], &n);
		must(n <= GV_CONFIGKEYS_NAME_MAX);
		must(gv_utf8_is_valid(name, n));
		must(memchr(name, '\0', n) == NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const names[] = { ".env", "a.ini", "a.yaml",
		"a.json", "a.tfvars", "a.c" };
	struct gv_configkeys k;
	char *copy;
	int r;

	if (len == 0)
		return 0;
	copy = malloc(len);
	must(copy != NULL);
	memcpy(copy, data + 1, --len);
	r = gv_configkeys_read(&k, names[data[0] % 6], copy, len);
	must(r == 0 || r == GV_ENOTFOUND);
	must(r == 0 || k.n == 0);
	check(&k, len);
	gv_configkeys_release(&k);
	free(copy);
	return 0;
}

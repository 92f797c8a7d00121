#include "helper/rules.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "scan/rule.h"
#include "sys/file.h"

#define FILE_MAX (1 << 22)

int
rules_load(struct gv_rules *rules, const char *dir)
{
	const char *top = getenv("GIT_VAULT_SRC_DIR");
	struct gv_buf text = GV_BUF_INIT;
	char pattern[4096];
	glob_t found;
	size_t i;
	int r = 0;

	if (dir)
		snprintf(pattern, sizeof(pattern), "%s/*.yaml", dir);
	else
		snprintf(pattern, sizeof(pattern),
		    "%s/share/git-vault/rules/*.yaml", top ? top : ".");
	if (glob(pattern, 0, NULL, &found) != 0)
		return gv_err(GV_ENOTFOUND, "no rules at %s", pattern);
	for (i = 0; r == 0 && i < found.gl_pathc; i++) {
		const char *name = strrchr(found.gl_pathv[i], '/') + 1;

		gv_buf_reset(&text);
		r = gv_file_read(&text, AT_FDCWD, found.gl_pathv[i], FILE_MAX);
		if (r == 0)
			r = gv_rule_parse(rules, name, text.p, text.len);
	}
	globfree(&found);
	gv_buf_release(&text);
	return r;
}

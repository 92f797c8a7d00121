/*
 * What svn prints of properties and of its status, and the user's configuration
 * of it, as any bytes: rules are whole lines that an ignore file may have, and
 * each path ends.
 */
#include "fuzz.h"

#include "foreign/svnignore.h"
#include "worktree/ignore.h"

static void
check_rules(struct gv_buf *rules)
{
	struct gv_ignore_level *level;

	must(rules->len == 0 || rules->p[rules->len - 1] == '\n');
	if (gv_ignore_level_new(&level, NULL, 0,
		&(struct gv_ignore_file){ rules->len ? rules->p : "",
		    rules->len, "svn", false }) == 0) {
		(void)gv_ignore_match(level, "a/b.o", 5, 2, false, NULL);
		gv_ignore_level_free(level);
	}
	gv_buf_reset(rules);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_buf text = GV_BUF_INIT, out = GV_BUF_INIT;

	gv_buf_add(&text, data, len);
	must(gv_svnignore_global(&out, text.p, text.len) == 0);
	check_rules(&out);
	(void)gv_svnignore_properties(&out, text.p, text.len);
	check_rules(&out);
	(void)gv_svnignore_tracked(&out, text.p, text.len);
	must(out.len <= len + 1);
	must(out.len == 0 || out.p[out.len - 1] == '\0');
	gv_buf_release(&out);
	gv_buf_release(&text);
	return 0;
}

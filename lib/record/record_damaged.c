#include "record/record_damaged.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "record/record.h"
#include "record/record_walk.h"
#include "remote/remote.h"
#include "repo/repo.h"

static bool
is_safety(const struct gv_record *rec)
{
	return rec->trigger && strcmp(rec->trigger, GV_RECORD_SAFETY) == 0;
}

int
gv_record_damaged_say(struct gv_repo *repo, const char *asked)
{
	struct gv_record_walk *walk = NULL;
	struct gv_record rec = { 0 };
	struct gv_remote remote;
	struct gv_buf text = GV_BUF_INIT, name = GV_BUF_INIT;
	size_t at = 0;
	int r;

	gv_buf_addf(&text,
	    "%s: %s; to look for an intact copy: git vault repair", asked,
	    gv_err_message());
	if (gv_remote_next(&remote, &at, &repo->config)) {
		gv_buf_addstr(&text, " --remote");
		gv_buf_add(&name, remote.name, remote.len);
		if ((r = gv_buf_check(&name)) < 0)
			goto out;
		gv_shell_word(&text, name.p);
	}
	if ((r = gv_record_walk_open(&walk, repo, 0)) < 0)
		goto out;
	do {
		gv_record_release(&rec);
		r = gv_record_walk_next(walk, &rec);
	} while (r == GV_ECORRUPT || (r > 0 && is_safety(&rec)));
	if (r > 0)
		gv_buf_addf(
		    &text, "; the newest that can be read is %s", rec.id);
	if (r >= 0 && (r = gv_buf_check(&text)) == 0)
		r = gv_err(GV_ECORRUPT, "%s", text.p);
out:
	gv_record_release(&rec);
	gv_record_walk_close(walk);
	gv_buf_release(&text);
	gv_buf_release(&name);
	return r;
}

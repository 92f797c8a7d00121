#include "git-vault/front/guide.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "sys/env.h"
#include "sys/exec.h"
#include "sys/file.h"
#include "sys/self.h"

const struct gv_guide gv_guides[] = {
	{ "tutorial", "7", "one evening with git-vault, alone" },
	{ "everyday", "7", "in a team, in CI, on servers, and on bad days" },
	{ "configuration", "7", "layers for environments, services, clouds" },
	{ "policy", "5", "what .gitvault.yaml can say" },
	{ "config", "5", "settings in Git's configuration" },
	{ "security", "7", "what is protected against whom, and what is not" },
	{ "recovery", "7", "get everything out with plain git" },
	{ "format", "5", "what is stored, byte by byte" },
	{ .name = NULL },
};

const struct gv_guide *
gv_guide_find(const char *name)
{
	const struct gv_guide *g = gv_guides;

	while (g->name && strcmp(g->name, name) != 0)
		g++;
	return g->name ? g : NULL;
}

/* The folder of pages beside this program, which may not be there. */
static int
add_folder(struct gv_buf *out)
{
	const char *slash;
	int r = gv_self_file(out);

	if (r < 0)
		return r;
	slash = strrchr(out->p, '/');
	gv_buf_truncate(out, slash ? (size_t)(slash - out->p) : 0);
	gv_buf_addstr(out, "/../share/man");
	return gv_buf_check(out);
}

int
gv_guide_file(struct gv_buf *out, const char *section, const char *page)
{
	static const char *const ends[] = { "", ".gz" };
	char *before = gv_err_save();
	size_t i, at = out->len;
	int r = add_folder(out);

	gv_buf_addf(out, "/man%s/%s.%s", section, page, section);
	at = r == 0 ? out->len : at;
	for (i = 0; r == 0 && i < 2; i++) {
		gv_buf_truncate(out, at);
		gv_buf_addstr(out, ends[i]);
		if ((r = gv_buf_check(out)) == 0 &&
		    gv_file_exists(AT_FDCWD, out->p))
			break;
	}
	gv_err_restore(before);
	if (r == GV_ENOMEM)
		return r;
	return r == 0 && i < 2 ? 0 : GV_ENOTFOUND;
}

/* Have man look beside this program, and then where it looks anyway. */
static int
set_path(void)
{
	const char *set = gv_env_get("MANPATH");
	struct gv_buf path = GV_BUF_INIT;
	int r = add_folder(&path);

	gv_buf_addf(&path, ":%s", set ? set : "");
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_env_set("MANPATH", path.p);
	gv_buf_release(&path);
	return r;
}

int
gv_guide_open(const char *section, const char *page)
{
	struct gv_buf file = GV_BUF_INIT;
	int r = gv_guide_file(&file, section, page);
	bool is_here = r == 0;

	if (is_here)
		r = set_path();
	if (r == 0 || r == GV_ENOTFOUND)
		r = gv_exec_replace(
		    (const char *const[]){ "man", section, page, NULL });
	if (r == GV_ENOTFOUND && is_here)
		r = gv_exec_replace(
		    (const char *const[]){ "mandoc", "-a", file.p, NULL });
	if (r == GV_ENOTFOUND)
		r = gv_err(r,
		    "no program shows manual pages here: install man-db or "
		    "mandoc%s%s",
		    is_here ? "; the page is " : "", is_here ? file.p : "");
	gv_buf_release(&file);
	return r;
}

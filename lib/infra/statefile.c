#include "infra/statefile.h"

#include <string.h>

static bool
is(struct gv_statefile_span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

static bool
ends(const char *s, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(s + len - n, with, n) == 0;
}

bool
gv_statefile_may_be(const char *name, size_t len)
{
	return ends(name, len, ".tfstate") || ends(name, len, ".json");
}

/* Take the last component off; it is empty where there is none left. */
static struct gv_statefile_span
take_last(struct gv_statefile_span *path)
{
	struct gv_statefile_span last = { path->p, path->len };

	while (last.len && last.p[last.len - 1] != '/')
		last.len--;
	last.p += last.len;
	last.len = path->len - last.len;
	path->len -= last.len;
	path->len -= path->len > 0;
	return last;
}

/* DIR/terraform.tfstate.d/WORKSPACE is what a workspace other than the default
 * one has its state in. */
static void
find_workspace(struct gv_statefile *f)
{
	struct gv_statefile_span above = f->dir, workspace = take_last(&above);

	if (workspace.len == 0 || !is(take_last(&above), "terraform.tfstate.d"))
		return;
	f->workspace = workspace;
	f->dir = above;
}

static bool
parse_terraform(struct gv_statefile *f, struct gv_statefile_span name)
{
	struct gv_statefile_span above = f->dir;

	f->tool = GV_STATEFILE_TERRAFORM;
	if (!is(name, "terraform.tfstate")) {
		f->file = name;
		return true;
	}
	find_workspace(f);
	return !is(take_last(&above), ".terraform");
}

static bool
is_stacks(struct gv_statefile_span *dir)
{
	return is(take_last(dir), "stacks") && is(take_last(dir), ".pulumi");
}

static bool
parse_pulumi(struct gv_statefile *f, struct gv_statefile_span name)
{
	struct gv_statefile_span above = f->dir;

	f->tool = GV_STATEFILE_PULUMI;
	name.len -= strlen(".json");
	f->workspace = name;
	if (name.len && is_stacks(&above)) {
		f->dir = above;
		return true;
	}
	above = f->dir;
	f->project = take_last(&above);
	f->dir = above;
	return name.len && f->project.len && is_stacks(&f->dir);
}

bool
gv_statefile_parse(struct gv_statefile *out, const char *path)
{
	struct gv_statefile_span name;

	memset(out, 0, sizeof(*out));
	out->dir = (struct gv_statefile_span){ path, strlen(path) };
	name = take_last(&out->dir);
	if (ends(name.p, name.len, ".tfstate"))
		return parse_terraform(out, name);
	return ends(name.p, name.len, ".json") && parse_pulumi(out, name);
}

static bool
is_folder_of_states(struct gv_statefile_span name)
{
	return is(name, "terraform.tfstate.d") || is(name, ".pulumi");
}

bool
gv_statefile_is_kept(const char *path)
{
	struct gv_statefile_span above = { path, strlen(path) };
	const struct gv_statefile_span name = take_last(&above);
	const char *at = strstr(name.p, ".tfstate");

	if (at &&
	    (at[8] == '\0' || ends(name.p, name.len, ".backup") ||
		ends(name.p, name.len, ".lock.info")))
		return true;
	while (above.len)
		if (is_folder_of_states(take_last(&above)))
			return true;
	return false;
}

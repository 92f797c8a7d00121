#include "project/lineage.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/shell.h"
#include "base/vec.h"
#include "project/project.h"
#include "project/registry_internal.h"
#include "sys/file.h"

/*
 * A value is the id of the older project, and where that is not all, behind
 * it the folder there, the branch, and the folder of the newer project; what
 * is empty at the end is left out:
 *
 *	0123456789abcdef0123456789abcdef//web/php//legacy//web/rust
 *
 * Neither a folder nor a branch has two slashes in a row.
 */
#define BETWEEN "//"
#define ID_LEN  32

enum piece { ID, OLD_FOLDER, BRANCH, NEW_FOLDER, PIECES };

/* ---- values -------------------------------------------------------------- */

static bool
is_from(const struct gv_config_entry *e)
{
	const size_t n = strlen(e->key);

	return strncmp(e->key, "vault./", 7) == 0 && n > 12 &&
	    strcmp(e->key + n - 5, ".from") == 0 && gv_project_is_own(e);
}

bool
gv_lineage_is_any(const struct gv_config *config)
{
	size_t i;

	for (i = 0; i < config->n; i++)
		if (is_from(&config->entries[i]))
			return true;
	return false;
}

/* Cut a copy of a value into its pieces, NULL for empty ones. */
static int
split(const char *pieces[PIECES], struct gv_arena *arena, const char *value)
{
	char *p = gv_arena_copy(arena, value, strlen(value)), *end;
	size_t i;

	if (p == NULL)
		return GV_ENOMEM;
	for (i = 0; i < PIECES; i++) {
		end = p ? strstr(p, BETWEEN) : NULL;
		if (end)
			*end = '\0';
		pieces[i] = p && *p ? p : NULL;
		p = end ? end + strlen(BETWEEN) : NULL;
	}
	return 0;
}

static void
format(struct gv_buf *out, const struct gv_lineage_end *new,
    const struct gv_lineage_end *old)
{
	const char *const pieces[] = { old->id, old->folder, old->branch,
		new->folder };
	size_t n = PIECES, i;

	while (n > 1 && pieces[n - 1] == NULL)
		n--;
	for (i = 0; i < n; i++)
		gv_buf_addf(
		    out, "%s%s", i ? BETWEEN : "", pieces[i] ? pieces[i] : "");
}

/* ---- links --------------------------------------------------------------- */

static const char *
id_of(const struct gv_registry *reg, const struct gv_registered *one)
{
	return gv_project_setting(&reg->config, one->key, "id");
}

static const struct gv_registered *
find_id(const struct gv_registry *reg, const char *id)
{
	const char *of;
	size_t i;

	for (i = 0; i < reg->n; i++)
		if ((of = id_of(reg, &reg->items[i])) && strcmp(of, id) == 0)
			return &reg->items[i];
	return NULL;
}

static const struct gv_registered *
find_key(const struct gv_registry *reg, const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < reg->n; i++)
		if (strlen(reg->items[i].key) == len &&
		    memcmp(reg->items[i].key, key, len) == 0)
			return &reg->items[i];
	return NULL;
}

static int
add(struct gv_lineage *out, const struct gv_registry *reg,
    const struct gv_config_entry *e)
{
	const size_t begin = strlen("vault.");
	struct gv_lineage_link link = { .value = e->value };
	const char *pieces[PIECES];
	int r;

	link.new.project = find_key(
	    reg, e->key + begin, strlen(e->key) - begin - strlen(".from"));
	if (link.new.project == NULL || e->value == NULL)
		return 0;
	if ((r = split(pieces, &out->arena, e->value)) < 0)
		return r;
	if (pieces[ID] == NULL || strlen(pieces[ID]) != ID_LEN)
		return 0;
	link.new.id = id_of(reg, link.new.project);
	link.new.folder = pieces[NEW_FOLDER];
	link.old = (struct gv_lineage_end){ .project = find_id(reg, pieces[ID]),
		.id = pieces[ID],
		.folder = pieces[OLD_FOLDER],
		.branch = pieces[BRANCH] };
	if (GV_GROW(out->links, out->n, out->cap) < 0)
		return gv_err_nomem();
	out->links[out->n++] = link;
	return 0;
}

int
gv_lineage_load(struct gv_lineage *out, const struct gv_registry *registry)
{
	size_t i;
	int r = 0;

	memset(out, 0, sizeof(*out));
	for (i = 0; r == 0 && i < registry->config.n; i++)
		if (is_from(&registry->config.entries[i]))
			r = add(out, registry, &registry->config.entries[i]);
	return r;
}

void
gv_lineage_release(struct gv_lineage *lineage)
{
	free(lineage->links);
	gv_arena_release(&lineage->arena);
	memset(lineage, 0, sizeof(*lineage));
}

/* ---- the way back -------------------------------------------------------- */

static bool
is_same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
is_below(const char *path, const char *folder)
{
	const size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 &&
	    (path[n] == '/' || path[n] == '\0');
}

/* Whether a link begins at this end, above it or below it. */
static bool
begins_at(const struct gv_lineage_link *link, const struct gv_lineage_end *at)
{
	if (link->new.project == NULL || link->new.project != at->project)
		return false;
	return link->new.folder == NULL || at->folder == NULL ||
	    is_below(link->new.folder, at->folder) ||
	    is_below(at->folder, link->new.folder);
}

size_t
gv_lineage_back(const struct gv_lineage_link *out[GV_LINEAGE_MOST],
    const struct gv_lineage *lineage, const struct gv_lineage_end *from)
{
	const struct gv_lineage_end *at = from;
	size_t n = 0, next = 0, i, k;

	for (;;) {
		for (i = 0; i < lineage->n && n < GV_LINEAGE_MOST; i++) {
			const struct gv_lineage_link *link = &lineage->links[i];

			for (k = 0; k < n && out[k] != link;)
				k++;
			if (k == n && begins_at(link, at))
				out[n++] = link;
		}
		if (next == n)
			return n;
		at = &out[next++]->old;
	}
}

/* ---- names --------------------------------------------------------------- */

void
gv_lineage_add_name(struct gv_buf *out, const struct gv_lineage_end *end)
{
	gv_buf_addstr(out,
	    end->project ? end->project->name : "a project that is not listed");
	if (end->folder)
		gv_buf_addf(out, "/%s", end->folder);
	if (end->branch)
		gv_buf_addf(out, "@%s", end->branch);
}

static bool
has_folder(const struct gv_registered *one, const char *folder)
{
	struct gv_buf path = GV_BUF_INIT;
	bool has;

	gv_buf_addf(&path, "%s/%s", one->path, folder);
	has = gv_buf_check(&path) == 0 && gv_file_is_dir(AT_FDCWD, path.p) &&
	    gv_file_leads_through_link(one->path, folder) == 0;
	gv_buf_release(&path);
	return has;
}

/* The name of a project may have slashes, and so may a folder of it. */
static int
find_folder(struct gv_lineage_end *out, struct gv_lineage *lineage,
    const struct gv_registry *registry, const char *name)
{
	int r = gv_registry_find(&out->project, registry, name);
	const char *slash = strchr(name, '/');
	char *before;

	if (r != GV_ENOTFOUND)
		return r;
	before = gv_err_save();
	for (; slash; slash = strchr(slash + 1, '/')) {
		char *whole = gv_arena_copy(
		    &lineage->arena, name, (size_t)(slash - name));

		if (whole == NULL)
			return gv_err_settle(GV_ENOMEM, before);
		if (slash[1] == '\0' || strstr(slash + 1, BETWEEN) ||
		    gv_registry_find(&out->project, registry, whole) < 0 ||
		    !has_folder(out->project, slash + 1))
			continue;
		out->folder = gv_arena_copy(
		    &lineage->arena, slash + 1, strlen(slash + 1));
		return gv_err_settle(out->folder ? 0 : GV_ENOMEM, before);
	}
	out->project = NULL;
	gv_err_restore(before);
	return r;
}

int
gv_lineage_find(struct gv_lineage_end *out, struct gv_lineage *lineage,
    const struct gv_registry *registry, const char *text)
{
	const char *at = strrchr(text, '@');
	char *name;
	int r;

	memset(out, 0, sizeof(*out));
	r = find_folder(out, lineage, registry, text);
	if (r == GV_ENOTFOUND && at && at > text && at[1]) {
		name =
		    gv_arena_copy(&lineage->arena, text, (size_t)(at - text));
		out->branch =
		    gv_arena_copy(&lineage->arena, at + 1, strlen(at + 1));
		if (name == NULL || out->branch == NULL)
			return GV_ENOMEM;
		r = find_folder(out, lineage, registry, name);
	}
	if (r == 0)
		out->id = id_of(registry, out->project);
	return r;
}

/* ---- changes ------------------------------------------------------------- */

static bool
is_same_place(const struct gv_lineage_end *a, const struct gv_lineage_end *b)
{
	return a->project == b->project && is_same_text(a->folder, b->folder) &&
	    is_same_text(a->branch, b->branch);
}

static int
check_end(const struct gv_lineage_end *end)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	if (end->id)
		return 0;
	gv_shell_word(&path, end->project->path);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_err(GV_EREFUSED,
		    "the project '%.100s' has no id yet, by which a link finds "
		    "it\nhint: git vault project add %s",
		    end->project->name, path.p);
	gv_buf_release(&path);
	return r;
}

int
gv_lineage_join(const struct gv_lineage *lineage,
    const struct gv_lineage_end *new, const struct gv_lineage_end *old)
{
	const struct gv_lineage_link *back[GV_LINEAGE_MOST];
	struct gv_buf value = GV_BUF_INIT;
	size_t n, i;
	int r;

	if ((r = check_end(new)) < 0 || (r = check_end(old)) < 0)
		return r;
	n = gv_lineage_back(back, lineage, old);
	for (i = 0; i < n && !is_same_place(&back[i]->old, new); i++)
		continue;
	if (i < n || is_same_place(new, old))
		return gv_err(GV_EREFUSED,
		    "nothing was linked: '%.100s' %s '%.100s', so the line "
		    "would be a circle",
		    old->project->name,
		    i < n ? "was itself rewritten from" : "is the same as",
		    new->project->name);
	format(&value, new, old);
	if ((r = gv_buf_check(&value)) == 0)
		r = gv_registry_link(new->project->key, value.p, true);
	gv_buf_release(&value);
	return r;
}

int
gv_lineage_part(const struct gv_lineage_link *link)
{
	return gv_registry_link(link->new.project->key, link->value, false);
}

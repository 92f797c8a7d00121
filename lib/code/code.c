#include "code/code.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "infra/hcl.h"
#include "object/odb.h"
#include "object/tree.h"

#define MAX_FILE  ((size_t)16 << 20)
#define MAX_LINKS 8  /* that lead to one another */
#define MAX_DEPTH 64 /* of modules in one another */

enum look { UNSEEN, BEING_SEEN, HAS_SOME, HAS_NONE };

struct gv_code {
	struct gv_odb *odb;
	struct gv_oid tree;
	struct gv_arena arena;
	struct gv_map dirs; /* by path; struct known */
};

struct known {
	struct gv_code_dir *dir; /* NULL: there is none, or no code in it */
};

/* A directory while it is read. */
struct reading {
	struct gv_code *code;
	struct gv_code_dir *dir;
	const char *file;
	bool is_override;
	struct gv_buf text;
};

int
gv_code_open(
    struct gv_code **out, struct gv_odb *odb, const struct gv_oid *tree)
{
	struct gv_code *code = calloc(1, sizeof(*code));

	*out = code;
	if (code == NULL)
		return gv_err_nomem();
	code->odb = odb;
	code->tree = *tree;
	return 0;
}

static void
release_dir(struct gv_code_dir *dir)
{
	if (dir == NULL)
		return;
	gv_map_release(&dir->names);
	gv_map_release(&dir->moves);
	gv_map_release(&dir->imports);
}

void
gv_code_close(struct gv_code *code)
{
	size_t i;

	if (code == NULL)
		return;
	for (i = 0; i < code->dirs.cap; i++)
		if (code->dirs.slots[i].value)
			release_dir(
			    ((struct known *)code->dirs.slots[i].value)->dir);
	gv_map_release(&code->dirs);
	gv_arena_release(&code->arena);
	free(code);
}

/* ---- names --------------------------------------------------------------- */

enum form { NO_CODE, HCL, JSON };

static bool
ends(const char *s, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len > n && memcmp(s + len - n, with, n) == 0;
}

/* What the tools read of a directory. */
static enum form
form_of(const char *name, size_t len, bool *is_override)
{
	static const struct {
		const char *end;
		enum form form;
	} forms[] = { { ".tf", HCL }, { ".tf.json", JSON }, { ".tofu", HCL },
		{ ".tofu.json", JSON } };
	size_t i;

	if (name[0] == '.' || name[0] == '#') /* an editor's */
		return NO_CODE;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (!ends(name, len, forms[i].end))
			continue;
		len -= strlen(forms[i].end);
		*is_override = ends(name, len, "_override") ||
		    (len == strlen("override") &&
			memcmp(name, "override", len) == 0);
		return forms[i].form;
	}
	return NO_CODE;
}

/* Append where a relative path leads to from a directory, by names alone;
 * false where it leads out of the tree. */
static bool
join(struct gv_buf *out, const char *dir, const char *path, size_t len)
{
	const char *end = path + len;
	size_t n;

	gv_buf_reset(out);
	gv_buf_addstr(out, dir);
	for (; path < end; path += n + (path + n < end)) {
		const char *slash = memchr(path, '/', (size_t)(end - path));

		n = (size_t)((slash ? slash : end) - path);
		if (n == 0 || (n == 1 && path[0] == '.'))
			continue;
		if (n != 2 || memcmp(path, "..", 2) != 0) {
			if (out->len)
				gv_buf_addch(out, '/');
			gv_buf_add(out, path, n);
			continue;
		}
		if (out->len == 0)
			return false;
		while (out->len && out->p[out->len - 1] != '/')
			gv_buf_truncate(out, out->len - 1);
		if (out->len)
			gv_buf_truncate(out, out->len - 1);
	}
	return true;
}

static bool
is_local(struct gv_hcl_span source)
{
	return (source.len >= 2 && memcmp(source.p, "./", 2) == 0) ||
	    (source.len >= 3 && memcmp(source.p, "../", 3) == 0);
}

/* ---- blocks -------------------------------------------------------------- */

/* The directory that a module is of. */
static int
set_source(struct reading *in, struct gv_code_block *b,
    const struct gv_hcl_block *from)
{
	struct gv_buf path = GV_BUF_INIT;
	const char *source = NULL;
	int r = 0;

	if (from->source.p && is_local(from->source) &&
	    memchr(from->source.p, '\0', from->source.len) == NULL &&
	    join(&path, in->dir->path, from->source.p, from->source.len)) {
		source = gv_arena_copy(&in->code->arena, path.p, path.len);
		r = source ? gv_buf_check(&path) : GV_ENOMEM;
	}
	gv_buf_release(&path);
	b->source = source;
	return r;
}

static int
merge_block(struct reading *in, struct gv_code_block *b,
    const struct gv_hcl_block *from)
{
	const char *was = b->source;
	int r = 0;

	b->is_counted |= from->is_counted;
	if (!b->is_module || (in->is_override && from->source.p == NULL))
		return 0;
	if ((r = set_source(in, b, from)) < 0)
		return r;
	/* of two that are no override one is wrong, or of another tool */
	if (!in->is_override && was && b->source && strcmp(was, b->source) != 0)
		b->source = NULL;
	return 0;
}

static int
add_block(struct reading *in, const struct gv_hcl_block *from)
{
	struct gv_code_dir *dir = in->dir;
	struct gv_code_block *b;
	int r;

	b = gv_map_get(&dir->names, in->text.p, in->text.len);
	if (b)
		return merge_block(in, b, from);
	b = gv_arena_alloc(&in->code->arena, sizeof(*b));
	if (b == NULL)
		return GV_ENOMEM;
	b->name = gv_arena_copy(&in->code->arena, in->text.p, in->text.len);
	if (b->name == NULL)
		return GV_ENOMEM;
	b->file = in->file;
	b->line = from->line;
	b->is_counted = from->is_counted;
	b->is_module = from->kind == GV_HCL_MODULE;
	if ((r = b->is_module ? set_source(in, b, from) : 0) == 0)
		r = gv_map_put(&dir->names, b->name, in->text.len, b);
	if (r < 0)
		return r;
	*dir->last = b;
	dir->last = &b->next;
	return 0;
}

/* A copy of what a span names, NULL where it is no address. */
static int
copy_address(const char **out, struct reading *in, struct gv_hcl_span span)
{
	int r;

	*out = NULL;
	gv_buf_reset(&in->text);
	if (!gv_hcl_address(&in->text, span))
		return gv_buf_check(&in->text);
	r = gv_buf_check(&in->text);
	if (r < 0)
		return r;
	*out = gv_arena_copy(&in->code->arena, in->text.p, in->text.len);
	return *out ? 0 : GV_ENOMEM;
}

static int
add_import(struct reading *in, const struct gv_hcl_block *from)
{
	const char *to;
	int r = copy_address(&to, in, from->to);

	return r < 0 || to == NULL
	    ? r
	    : gv_map_put(&in->dir->imports, to, strlen(to), (void *)to);
}

static int
add_move(struct reading *in, const struct gv_hcl_block *from)
{
	struct gv_code_move move, *kept;
	int r;

	if ((r = copy_address(&move.from, in, from->from)) < 0 ||
	    (r = copy_address(&move.to, in, from->to)) < 0)
		return r;
	if (move.from == NULL ||
	    (from->kind == GV_HCL_MOVED && move.to == NULL)) {
		in->dir->why = "a moved or removed block cannot be read";
		return 0;
	}
	kept = gv_arena_alloc(&in->code->arena, sizeof(*kept));
	if (kept == NULL)
		return GV_ENOMEM;
	*kept = move;
	return gv_map_put(
	    &in->dir->moves, kept->from, strlen(kept->from), kept);
}

static int
on_block(void *ctx, const struct gv_hcl_block *b)
{
	struct reading *in = ctx;
	const struct gv_hcl_span *label = b->labels;

	gv_buf_reset(&in->text);
	switch (b->kind) {
	case GV_HCL_EPHEMERAL: /* in no state */
		return 0;
	case GV_HCL_IMPORT:
		return add_import(in, b);
	case GV_HCL_MOVED:
	case GV_HCL_REMOVED:
		return add_move(in, b);
	case GV_HCL_MODULE:
		gv_buf_addstr(&in->text, "module.");
		gv_buf_add(&in->text, label[0].p, label[0].len);
		break;
	case GV_HCL_DATA:
		gv_buf_addstr(&in->text, "data.");
		/* fall through */
	case GV_HCL_RESOURCE:
		gv_buf_add(&in->text, label[0].p, label[0].len);
		gv_buf_addch(&in->text, '.');
		gv_buf_add(&in->text, label[1].p, label[1].len);
		break;
	}
	return gv_buf_check(&in->text) < 0 ? GV_ENOMEM : add_block(in, b);
}

/* ---- files --------------------------------------------------------------- */

static int
read_blob(
    struct gv_object *out, const struct gv_code *code, const struct gv_oid *oid)
{
	uint64_t size;
	int r = gv_odb_read_size(code->odb, &size, oid);

	if (r == 0 && size > MAX_FILE)
		r = gv_err(GV_EREFUSED, "it is larger than 16 MiB");
	return r < 0 ? r : gv_odb_read_type(code->odb, out, oid, GV_OTYPE_BLOB);
}

/* The file that a link leads to within the tree: 1; 0 where there is none. */
static int
follow(struct gv_oid *out, struct reading *in, const struct gv_oid *link)
{
	struct gv_buf at = GV_BUF_INIT, next = GV_BUF_INIT;
	unsigned mode = GV_MODE_LINK, n = 0;
	struct gv_object obj;
	int r = 0;

	gv_buf_addstr(&at, in->dir->path);
	*out = *link;
	while (r == 0 && mode == GV_MODE_LINK && n++ < MAX_LINKS) {
		bool is_within;

		r = read_blob(&obj, in->code, out);
		if (r < 0)
			break;
		is_within = obj.len > 0 && obj.data[0] != '/' &&
		    memchr(obj.data, '\0', obj.len) == NULL &&
		    join(&next, at.p, (const char *)obj.data, obj.len);
		gv_object_release(&obj);
		if (!is_within)
			break;
		if ((r = gv_buf_check(&next)) == 0)
			r = gv_tree_find(
			    in->code->odb, &in->code->tree, next.p, &mode, out);
		if (r == GV_ENOTFOUND) {
			r = 0;
			break;
		}
		/* what the next one says is relative to where it stands */
		(void)join(&at, next.p, "..", next.len ? 2 : 0);
	}
	gv_buf_release(&at);
	gv_buf_release(&next);
	return r < 0 ? r : (mode & 0170000) == 0100000;
}

static int
read_file(struct reading *in, const struct gv_tree_entry *e, enum form form)
{
	struct gv_oid oid = e->oid;
	struct gv_object obj = { 0 };
	int r = 1;

	gv_buf_reset(&in->text);
	(void)join(&in->text, in->dir->path, e->name, e->name_len);
	in->file = gv_arena_copy(&in->code->arena, in->text.p, in->text.len);
	if (in->file == NULL || gv_buf_check(&in->text) < 0)
		return GV_ENOMEM;
	if (e->mode == GV_MODE_LINK)
		r = follow(&oid, in, &e->oid);
	if (r == 0)
		in->dir->why = "a link in it leads to no file of the commit";
	if (r > 0) {
		if ((r = read_blob(&obj, in->code, &oid)) == 0)
			r = (form == JSON ? gv_hcl_read_json : gv_hcl_read)(
			    (const char *)obj.data, obj.len, on_block, in);
	}
	gv_object_release(&obj);
	return r < 0 ? gv_err_in(r, "%s", in->file) : 0;
}

/* The files that are overrides, or those that are not; how many there are. */
static int
read_files(struct reading *in, const struct gv_object *tree, bool overrides)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r, n = 0;

	gv_tree_iter_init(&it, tree->data, tree->len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		enum form form = form_of(e.name, e.name_len, &in->is_override);

		if (strcmp(e.name, "terragrunt.hcl") == 0)
			in->dir->why = "it is completed by Terragrunt";
		if (form == NO_CODE || in->is_override != overrides ||
		    (e.mode & 0170000) == GV_MODE_DIR ||
		    (e.mode & 0170000) == GV_MODE_GIT)
			continue;
		n++;
		r = read_file(in, &e, form);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : n;
}

static int
read_dir(struct reading *in, const struct gv_oid *oid)
{
	struct gv_object tree = { 0 };
	int r = gv_odb_read_type(in->code->odb, &tree, oid, GV_OTYPE_TREE), n;

	if (r < 0)
		return r;
	r = n = read_files(in, &tree, false);
	if (r >= 0)
		r = read_files(in, &tree, true);
	gv_object_release(&tree);
	return r < 0 ? r : n + r;
}

/* Where the path is a directory: how many files of code it has; else 0. */
static int
load(struct gv_code *code, struct gv_code_dir *dir)
{
	struct reading in = { .code = code, .dir = dir, .text = GV_BUF_INIT };
	struct gv_oid oid;
	unsigned mode;
	int r = gv_tree_find(code->odb, &code->tree, dir->path, &mode, &oid);

	if (r == GV_ENOTFOUND || (r == 0 && mode != GV_MODE_DIR))
		return 0;
	if (r == 0)
		r = read_dir(&in, &oid);
	gv_buf_release(&in.text);
	return r;
}

int
gv_code_dir(
    const struct gv_code_dir **out, struct gv_code *code, const char *path)
{
	struct known *known = gv_map_get(&code->dirs, path, strlen(path));
	struct gv_code_dir *dir;
	int r;

	*out = known ? known->dir : NULL;
	if (known)
		return 0;
	known = gv_arena_alloc(&code->arena, sizeof(*known));
	dir = gv_arena_alloc(&code->arena, sizeof(*dir));
	path = gv_arena_copy(&code->arena, path, strlen(path));
	if (known == NULL || dir == NULL || path == NULL)
		return GV_ENOMEM;
	dir->path = path;
	dir->last = &dir->first;
	r = load(code, dir);
	if (r > 0)
		known->dir = dir;
	if (r >= 0)
		r = gv_map_put(&code->dirs, path, strlen(path), known);
	if (r < 0 || known->dir == NULL)
		release_dir(dir);
	if (r == 0)
		*out = known->dir;
	return r;
}

const struct gv_code_block *
gv_code_find(const struct gv_code_dir *dir, const char *name, size_t len)
{
	return gv_map_get(&dir->names, name, len);
}

/* ---- modules in one another ---------------------------------------------- */

static int has_resources(
    struct gv_code *code, const struct gv_code_block *module, unsigned depth);

static int
look_for_resources(
    struct gv_code *code, struct gv_code_dir *dir, unsigned depth)
{
	const struct gv_code_block *b;
	int r = 0;

	for (b = dir->first; b; b = b->next)
		if (!b->is_module)
			return 1;
	for (b = dir->first; r == 0 && b; b = b->next)
		r = has_resources(code, b, depth + 1);
	return r;
}

static int
has_resources(
    struct gv_code *code, const struct gv_code_block *module, unsigned depth)
{
	const struct gv_code_dir *found;
	struct gv_code_dir *dir;
	int r;

	if (module->source == NULL || depth > MAX_DEPTH)
		return 0;
	r = gv_code_dir(&found, code, module->source);
	if (r < 0 || found == NULL || found->why)
		return r;
	dir = ((struct known *)gv_map_get(
		   &code->dirs, module->source, strlen(module->source)))
		  ->dir;
	/* one that is being looked at calls itself */
	if (dir->look != UNSEEN)
		return dir->look == HAS_SOME;
	dir->look = BEING_SEEN;
	r = look_for_resources(code, dir, depth);
	dir->look = r > 0 ? HAS_SOME : HAS_NONE;
	return r;
}

int
gv_code_has_resources(struct gv_code *code, const struct gv_code_block *module)
{
	return has_resources(code, module, 0);
}

/* ---- where code is ------------------------------------------------------- */

/* Read what is called from a directory, and from there. */
static int
read_called(struct gv_code *code, const char *path, unsigned depth)
{
	const struct gv_code_dir *dir;
	const struct gv_code_block *b;
	int r = gv_code_dir(&dir, code, path);

	for (b = dir ? dir->first : NULL; r == 0 && b; b = b->next)
		if (b->source && depth < MAX_DEPTH &&
		    gv_map_get(&code->dirs, b->source, strlen(b->source)) ==
			NULL)
			r = read_called(code, b->source, depth + 1);
	return r;
}

/* 1 ends it: code that was not read. */
static int
on_entry(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct gv_code *code = ctx;
	const size_t name = e->name_len, dir = len - name;
	bool is_override;

	if ((e->mode & 0170000) == GV_MODE_DIR)
		return e->name[0] == '.'; /* as .terraform */
	if (form_of(e->name, name, &is_override) == NO_CODE)
		return 0;
	return gv_map_get(&code->dirs, path, dir ? dir - 1 : 0) ? 0
								: GV_EEXISTS;
}

int
gv_code_is_at_top(struct gv_code *code)
{
	const struct gv_code_dir *top;
	int r = gv_code_dir(&top, code, "");

	if (r < 0 || top == NULL)
		return r;
	if ((r = read_called(code, "", 0)) == 0)
		r = gv_tree_walk(code->odb, &code->tree, on_entry, code);
	return r < 0 && r != GV_EEXISTS ? r : r == 0;
}

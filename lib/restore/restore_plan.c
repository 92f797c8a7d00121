#include "restore/restore_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "object/tree.h"
#include "record/record.h"
#include "repo/foreign.h"
#include "repo/repo.h"
#include "seal/withheld.h"
#include "sys/cancel.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"

/*
 * Tree and manifest are in one order, so the plan is a merge of both: down
 * the tree with a stack of open directories, the manifest's entries beside
 * them. Entries of the manifest alone (empty directories, what was left out)
 * come up in between.
 */
struct frame {
	uint32_t dir;
	uint32_t file; /* the next of the directory's files */
	size_t path_len;
	struct gv_object tree;
	struct gv_tree_iter it;
};

struct walk {
	struct gv_restore_run *run;
	struct gv_restore_plan *plan;
	struct frame *frames;
	size_t n, cap;
	struct gv_buf path; /* of the innermost frame, or of its entry */
	size_t line;        /* of the manifest: the next entry */
	uint32_t extra;     /* the last directory of the manifest alone */
	struct gv_buf extra_path;
	struct gv_map links;
	int root;     /* of the working tree, once it was asked for; or -1 */
	bool is_copy; /* the vault is of a working copy of svn or hg */
};

struct link {
	uint64_t group;
	uint32_t first;
};

static int
add_dir(struct walk *w, uint32_t parent, const char *name, size_t name_len,
    size_t path_len, const struct gv_manifest_entry *meta)
{
	struct gv_restore_plan *p = w->plan;
	struct gv_restore_dir *d;
	int r;

	if (GV_GROW(p->dirs, p->n_dirs, p->dirs_cap) < 0)
		return GV_ENOMEM;
	d = &p->dirs[p->n_dirs];
	memset(d, 0, sizeof(*d));
	d->name = gv_arena_copy(&p->arena, name, name_len);
	if (d->name == NULL)
		return GV_ENOMEM;
	d->name_len = (uint32_t)name_len;
	d->parent = parent;
	d->path_len = path_len;
	d->stored = meta ? meta->mode : 0;
	if ((r = gv_restore_tame(w->run, &meta, false)) < 0)
		return r;
	d->meta = meta;
	gv_restore_owner_of(&d->uid, &d->gid, w->run, meta);
	p->n_dirs++;
	return 0;
}

static const struct gv_manifest_entry *
line_at(const struct walk *w)
{
	const struct gv_manifest *m = w->plan->manifest;

	return m && w->line < gv_manifest_count(m) ? gv_manifest_at(m, w->line)
						   : NULL;
}

/* The directory that holds `path`, among the ones of the manifest alone that
 * were added last, or the innermost of the tree; -1 where it is neither. */
static int64_t
parent_of(const struct walk *w, const char *path, size_t len)
{
	const struct gv_restore_dir *dirs = w->plan->dirs;
	const struct frame *top = &w->frames[w->n - 1];
	uint32_t at = w->extra;

	assert(w->frames && dirs);
	if (len == top->path_len && memcmp(path, w->path.p, len) == 0)
		return top->dir;
	while (at > top->dir && dirs[at].path_len > len)
		at = dirs[at].parent;
	if (at > top->dir && dirs[at].path_len == len &&
	    memcmp(w->extra_path.p, path, len) == 0)
		return at;
	return -1;
}

/* Whether the tree holds a file of this name. */
static bool
has_file(
    const struct gv_restore_plan *p, size_t dir, const char *name, size_t len)
{
	const struct gv_restore_dir *d = &p->dirs[dir];
	size_t i;

	for (i = d->first; i < d->first + d->n; i++)
		if (p->files[i].name_len == len &&
		    memcmp(p->files[i].name, name, len) == 0)
			return true;
	return false;
}

/* Whether Subversion or Mercurial would take it for its own folder, whose
 * configuration can run programs. No snapshot of a working copy has it. */
static bool
is_of_tool(const char *name, size_t len)
{
	return (len == 3 && strncasecmp(name, ".hg", len) == 0) ||
	    (len == 4 && strncasecmp(name, ".svn", len) == 0);
}

/* Why nothing of this name is made in a directory of the snapshot, or NULL. */
static const char *
refusal(const struct walk *w, bool at_top, const char *name, size_t len)
{
	static const char own[] = GV_RESTORE_CONTROL;

	if (at_top && w->is_copy && is_of_tool(name, len))
		return "a folder of this name could do harm";
	if (!gv_path_is_safe(name, len))
		return "a file of this name could do harm";
	if (at_top && len == sizeof(own) - 1 &&
	    strncasecmp(name, own, len) == 0)
		return "a restore keeps files of its own by this name";
	return NULL;
}

/* A directory that no file of the snapshot is in, or a repository that had no
 * commit, so that the tree has nothing for it. */
static int
add_extra(struct walk *w, const struct gv_manifest_entry *e)
{
	bool taken = gv_restore_is_selected(w->run, e->path, e->path_len);
	const char *reason = NULL;
	size_t at = e->path_len;
	int64_t parent;

	/* one that is not taken is known all the same: what is in it may be,
	 * and it must not go with the last file in it */
	while (at > 0 && e->path[at - 1] != '/')
		at--;
	parent = parent_of(w, e->path, at ? at - 1 : 0);
	if (parent < 0)
		reason = "the manifest names no directory that holds it";
	else
		reason = refusal(w, at == 0, e->path + at, e->path_len - at);
	if (reason == NULL &&
	    has_file(w->plan, (size_t)parent, e->path + at, e->path_len - at))
		reason = "a file of the snapshot has its name";
	if (reason) {
		if (taken)
			gv_restore_skip(w->run, e->path, e->path_len, reason);
		return 0;
	}
	if (add_dir(w, (uint32_t)parent, e->path + at, e->path_len - at,
		e->path_len, e) < 0)
		return GV_ENOMEM;
	w->extra = (uint32_t)(w->plan->n_dirs - 1);
	w->plan->dirs[w->extra].used = taken;
	w->plan->dirs[w->extra].repo = taken && e->type == GV_MANIFEST_REPO;
	gv_buf_reset(&w->extra_path);
	gv_buf_add(&w->extra_path, e->path, e->path_len);
	return gv_buf_check(&w->extra_path);
}

/* A file that another version control system has. In place it is what it was
 * where it has not changed since. */
static int
add_omitted(struct walk *w, const struct gv_manifest_entry *e)
{
	struct gv_restore_run *run = w->run;
	struct gv_buf path = GV_BUF_INIT;
	struct stat st;
	bool is_there = false, is_same = false;
	int r;

	gv_buf_addf(&path, "%s/%s",
	    run->opts->has_base ? run->opts->to : run->over, e->path);
	if ((r = gv_buf_check(&path)) == 0) {
		is_there = gv_entry_stat(AT_FDCWD, path.p, &st) == 0;
		is_same = is_there && st.st_mtim.tv_sec == e->mtime_s &&
		    (uint32_t)st.st_mtim.tv_nsec == e->mtime_ns;
	}
	gv_buf_release(&path);
	if (r < 0)
		return r;
	if (run->opts->has_base && !is_there)
		gv_restore_skip(run, e->path, e->path_len,
		    "the revision that was checked out does not have it");
	else if (!run->opts->has_base && !is_same)
		gv_restore_skip(run, e->path, e->path_len,
		    "it changed since, and the snapshot leaves it to "
		    "Subversion or Mercurial: their revert brings it back");
	return 0;
}

/* An entry of the manifest that the tree has nothing for. */
static int
add_line(struct walk *w, const struct gv_manifest_entry *e)
{
	switch (e->type) {
	case GV_MANIFEST_DIR:
	case GV_MANIFEST_REPO:
		return e->path_len ? add_extra(w, e) : 0;
	case GV_MANIFEST_SKIPPED:
		if (!gv_restore_is_selected(w->run, e->path, e->path_len))
			return 0;
		if (gv_manifest_is_base(e) &&
		    (w->run->over || w->run->opts->has_base))
			return add_omitted(w, e);
		if (gv_manifest_is_base(e))
			w->run->result->omitted++;
		else
			gv_restore_tell(w->run, GV_RESTORE_ABSENT, e->path,
			    e->path_len, e->reason);
		return 0;
	case GV_MANIFEST_SPARSE:
		return 0;
	default:
		if (gv_restore_is_selected(w->run, e->path, e->path_len))
			gv_restore_skip(w->run, e->path, e->path_len,
			    "the manifest names it, but the snapshot's tree "
			    "does not hold it");
		return 0;
	}
}

/* Go through the manifest up to the path in w->path, which `key` describes;
 * the entry of that very path, or NULL, in *out. */
static int
advance(struct walk *w, enum gv_manifest_type type,
    const struct gv_manifest_entry **out)
{
	struct gv_manifest_entry key = { .type = type };
	const struct gv_manifest_entry *e;
	int c, r = 0;

	key.path = w->path.p;
	key.path_len = w->path.len;
	*out = NULL;
	while (r == 0 && (e = line_at(w)) != NULL) {
		c = gv_manifest_compare(e, &key);
		if (c > 0)
			break;
		w->line++;
		if (c == 0) {
			*out = e;
			break;
		}
		r = add_line(w, e);
	}
	return r;
}

/* Pass over what the manifest says of the refused path in w->path. */
static int
pass_over(struct walk *w, bool is_dir)
{
	const struct gv_manifest_entry *e;
	int r;

	r = advance(w, is_dir ? GV_MANIFEST_DIR : GV_MANIFEST_FILE, &e);
	while (r == 0 && is_dir && (e = line_at(w)) != NULL &&
	    gv_path_is_below(e->path, e->path_len, w->path.p, w->path.len))
		w->line++;
	return r;
}

static void
set_path(struct walk *w, size_t dir_len, const char *name, size_t len)
{
	gv_buf_truncate(&w->path, dir_len);
	if (dir_len)
		gv_buf_addch(&w->path, '/');
	gv_buf_add(&w->path, name, len);
}

static bool
is_file_mode(unsigned mode)
{
	return (mode & 0170000u) == 0100000u || mode == GV_MODE_LINK;
}

/* First pass over a tree: its files go to the plan, one behind the other. */
static int
add_files(struct walk *w, struct frame *f)
{
	struct gv_restore_plan *p = w->plan;
	size_t before = p->n_files;
	struct gv_tree_iter it = f->it;
	struct gv_restore_file *file;
	struct gv_tree_entry e;
	int r;

	while ((r = gv_tree_next(&it, &e)) > 0) {
		if (!is_file_mode(e.mode) ||
		    refusal(w, f->path_len == 0, e.name, e.name_len))
			continue;
		set_path(w, f->path_len, e.name, e.name_len);
		if (!gv_restore_narrow_has(
			w->run->narrow, w->path.p, w->path.len) ||
		    !gv_restore_is_selected(w->run, w->path.p, w->path.len))
			continue;
		r = GV_GROW(p->files, p->n_files, p->files_cap);
		if (r < 0)
			break;
		file = &p->files[p->n_files++];
		memset(file, 0, sizeof(*file));
		file->name = gv_arena_copy(&p->arena, e.name, e.name_len);
		if (file->name == NULL) {
			r = GV_ENOMEM;
			break;
		}
		file->name_len = (uint32_t)e.name_len;
		file->dir = f->dir;
		file->mode = e.mode;
		file->oid = e.oid;
		file->uid = (uid_t)-1;
		file->gid = (gid_t)-1;
	}
	gv_buf_truncate(&w->path, f->path_len);
	if (r < 0) {
		p->n_files = before;
		return r;
	}
	p->dirs[f->dir].first = f->file = (uint32_t)before;
	p->dirs[f->dir].n = (uint32_t)(p->n_files - before);
	return 0;
}

/* Open the tree of plan->dirs[dir], whose path is in w->path. */
static int
push(struct walk *w, uint32_t dir, const struct gv_oid *oid)
{
	struct frame *f;
	int r;

	if (GV_GROW(w->frames, w->n, w->cap) < 0)
		return GV_ENOMEM;
	f = &w->frames[w->n];
	memset(f, 0, sizeof(*f));
	f->dir = dir;
	f->path_len = w->path.len;
	r = gv_odb_read_type(w->run->odb, &f->tree, oid, GV_OTYPE_TREE);
	if (r == 0) {
		gv_tree_iter_init(&f->it, f->tree.data, f->tree.len);
		r = add_files(w, f);
	}
	if (r < 0) {
		gv_object_release(&f->tree);
		return r;
	}
	w->n++;
	w->extra = 0;
	return gv_cancel_requested() ? gv_cancel_error() : 0;
}

/* What lies below the innermost directory in the manifest alone, then back
 * to the one that holds it. */
static int
pop(struct walk *w)
{
	struct frame *f = &w->frames[w->n - 1];
	const struct gv_manifest_entry *e;
	int r = 0;

	gv_buf_truncate(&w->path, f->path_len);
	while (r == 0 && (e = line_at(w)) != NULL &&
	    gv_path_is_below(e->path, e->path_len, w->path.p, f->path_len)) {
		w->line++;
		r = add_line(w, e);
	}
	gv_object_release(&f->tree);
	w->n--;
	w->extra = 0;
	return r;
}

/* Whether the same secrets stand in both. A path of one scope must not get
 * those of another one as a second name of its file. */
static bool
has_same_values(
    const struct gv_revealed_file *a, const struct gv_revealed_file *b)
{
	size_t i;

	if (a == NULL || b == NULL)
		return a == b;
	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (strcmp(a->entries[i].scope, b->entries[i].scope) != 0 ||
		    (a->bars && a->bars[i].is_barred) !=
			(b->bars && b->bars[i].is_barred))
			return false;
	return true;
}

/* Two contents cannot be one file, whatever is claimed, nor a link and a file.
 */
static bool
may_be_one(const struct gv_restore_file *a, const struct gv_restore_file *b)
{
	return gv_oid_equal(&a->oid, &b->oid) &&
	    (a->mode == GV_MODE_LINK) == (b->mode == GV_MODE_LINK) &&
	    a->chunked == b->chunked && has_same_values(a->given, b->given);
}

/* Names of one file: the first is written, the others are linked to it. */
static int
note_link(struct walk *w, uint32_t i)
{
	struct gv_restore_file *f = &w->plan->files[i];
	struct link *l;

	if (f->meta == NULL || f->meta->link == 0)
		return 0;
	l = gv_map_get(&w->links, &f->meta->link, sizeof(f->meta->link));
	if (l) {
		if (!may_be_one(&w->plan->files[l->first], f))
			return 0;
		f->leader = l->first + 1;
		w->plan->files[l->first].shared = true;
		return 0;
	}
	l = gv_arena_alloc(&w->plan->arena, sizeof(*l));
	if (l == NULL)
		return GV_ENOMEM;
	l->group = f->meta->link;
	l->first = i;
	return gv_map_put(&w->links, &l->group, sizeof(l->group), l);
}

/* Whether a file is kept in chunks. Where the manifest, which says so, is lost,
 * meta/chunks says which blobs are pointers: 1, 0 or negative. */
static int
is_chunked(const struct walk *w, const struct gv_restore_file *f)
{
	char name[7 + GV_OID_HEX + 1] = "chunks/";
	struct gv_oid oid;
	unsigned mode;
	int r;

	if (f->mode == GV_MODE_LINK)
		return 0;
	if (!w->plan->no_manifest)
		return f->meta && f->meta->chunked;
	gv_oid_format(name + 7, &f->oid);
	r = gv_tree_find(w->run->odb, &w->run->rec->meta, name, &mode, &oid);
	return r == 0 ? 1 : r == GV_ENOTFOUND || r == GV_ECORRUPT ? 0 : r;
}

/* Whether a file that a sparse checkout had left out belongs here now: it is in
 * the snapshot as it was in the index, and is to be that again, unless this
 * working tree may leave it out as well, and does. */
static bool
belongs(struct walk *w)
{
	struct stat st;

	if (w->run->over == NULL)
		return false;
	if (!gv_config_bool(
		&w->run->repo->config, "core.sparsecheckout", false))
		return true;
	if (w->root < 0)
		w->root = gv_dir_open_root(w->run->over);
	return w->root >= 0 &&
	    gv_dir_stat(w->root, w->path.p, w->path.len, &st) == 0 &&
	    !S_ISDIR(st.st_mode);
}

/* A file or link, whose path is in w->path. */
static int
visit_file(struct walk *w, struct frame *f, const struct gv_tree_entry *e)
{
	const struct gv_manifest_entry *meta;
	const struct gv_restore_dir *d;
	struct gv_restore_file *file;
	int r = advance(w, GV_MANIFEST_FILE, &meta);

	if (r < 0)
		return r;
	d = &w->plan->dirs[f->dir]; /* they may have moved */
	if (f->file == d->first + d->n)
		return 0;
	file = &w->plan->files[f->file];
	if (file->name_len != e->name_len ||
	    memcmp(file->name, e->name, e->name_len) != 0)
		return 0;
	if (meta && meta->type == GV_MANIFEST_SPARSE && belongs(w)) {
		meta = NULL;
	} else if (meta && meta->type == GV_MANIFEST_SPARSE) {
		file->action = GV_RESTORE_ABSENT;
		w->run->result->sparse++;
		gv_restore_tell(w->run, GV_RESTORE_ABSENT, w->path.p,
		    w->path.len, "it was not checked out");
	}
	file->stored = meta ? meta->mode : 0;
	r = gv_restore_tame(w->run, &meta, file->mode == GV_MODE_LINK);
	if (r < 0)
		return r;
	file->meta = meta;
	r = is_chunked(w, file);
	if (r < 0)
		return r;
	file->chunked = r;
	if (file->mode != GV_MODE_LINK)
		file->given =
		    gv_revealed_find(w->run->given, w->path.p, w->path.len);
	gv_restore_owner_of(&file->uid, &file->gid, w->run, meta);
	r = file->action == GV_RESTORE_ABSENT ? 0 : note_link(w, f->file);
	f->file++;
	return r;
}

static int
visit_dir(struct walk *w, const struct frame *f, const struct gv_tree_entry *e)
{
	const struct gv_manifest_entry *meta;
	uint32_t dir;
	int r = advance(w, GV_MANIFEST_DIR, &meta);

	if (r == 0)
		r = add_dir(w, f->dir, e->name, e->name_len, w->path.len, meta);
	if (r < 0)
		return r;
	/* not before: advance() may have added empty ones */
	dir = (uint32_t)w->plan->n_dirs - 1;
	r = push(w, dir, &e->oid);
	if (r != GV_ECORRUPT && r != GV_ENOTFOUND)
		return r;
	if (!w->run->opts->skip_damaged)
		return gv_restore_in(gv_restore_lacks(r), &w->path);
	w->plan->dirs[dir].skipped = true;
	gv_restore_skip(w->run, w->path.p, w->path.len, NULL);
	return pass_over(w, true);
}

static int
visit_repo(struct walk *w, const struct frame *f, const struct gv_tree_entry *e)
{
	const struct gv_manifest_entry *meta;
	struct gv_restore_dir *d;
	int r = advance(w, GV_MANIFEST_REPO, &meta);

	if (r < 0 || !gv_restore_is_selected(w->run, w->path.p, w->path.len))
		return r;
	r = add_dir(w, f->dir, e->name, e->name_len, w->path.len, meta);
	if (r < 0)
		return r;
	d = &w->plan->dirs[w->plan->n_dirs - 1];
	d->repo = d->used = true;
	d->commit = e->oid;
	return 0;
}

static int
visit(struct walk *w, struct frame *f, const struct gv_tree_entry *e)
{
	const char *why = refusal(w, f->path_len == 0, e->name, e->name_len);

	set_path(w, f->path_len, e->name, e->name_len);
	if (gv_buf_check(&w->path) < 0)
		return GV_ENOMEM;
	if (!gv_restore_narrow_has(w->run->narrow, w->path.p, w->path.len))
		return 0;
	if (why) {
		gv_restore_skip(w->run, w->path.p, w->path.len, why);
		return pass_over(w, e->mode == GV_MODE_DIR);
	}
	if (e->mode == GV_MODE_DIR)
		return visit_dir(w, f, e);
	if (e->mode == GV_MODE_GIT)
		return visit_repo(w, f, e);
	if (is_file_mode(e->mode))
		return visit_file(w, f, e);
	gv_restore_skip(
	    w->run, w->path.p, w->path.len, "its kind is not known");
	return pass_over(w, false);
}

/* Whether a directory of the tree is there for its own sake: a file in it is
 * to be made, or the manifest knows it (not so where all that would be in it
 * is not checked out). */
static bool
is_wanted(const struct gv_restore_run *run, const struct gv_restore_dir *d)
{
	size_t i;

	for (i = d->first; i < d->first + d->n; i++)
		if (run->plan.files[i].action != GV_RESTORE_ABSENT)
			return true;
	return !gv_restore_is_narrow(run) &&
	    (d->meta || run->plan.manifest == NULL);
}

/* A directory is made for its own sake, or for one in it. */
static void
mark_used(struct gv_restore_run *run)
{
	struct gv_restore_plan *p = &run->plan;
	size_t i;

	for (i = p->n_dirs; i-- > 0;) {
		struct gv_restore_dir *d = &p->dirs[i];

		d->used |= is_wanted(run, d);
		if (d->used && !d->skipped)
			p->dirs[d->parent].used = true;
	}
	p->dirs[0].used = true;
}

static int
load_manifest(struct gv_restore_run *run)
{
	struct gv_oid oid;
	unsigned mode;
	int r;

	if (run->narrow)
		return gv_restore_narrow_manifest(
		    &run->plan.manifest, run->narrow);
	r = gv_tree_find(run->odb, &run->rec->meta, "manifest", &mode, &oid);
	/* a tree made by hand has none: names, bytes and modes are there */
	if (r == GV_ENOTFOUND)
		return 0;
	if (r == 0 && mode != GV_MODE_DIR)
		r = gv_err(GV_ECORRUPT, "meta/manifest is no directory");
	if (r == 0 &&
	    (r = gv_manifest_load(&run->plan.manifest, run->odb, &oid)) == 0)
		return 0;
	if (!run->opts->skip_damaged || (r != GV_ECORRUPT && r != GV_ENOTFOUND))
		return gv_restore_lacks(r);
	gv_err_in(r, "times, owners, attributes and empty directories");
	gv_restore_skip(run, "", 0, NULL);
	run->plan.no_manifest = true;
	return 0;
}

int
gv_restore_plan_load(struct gv_restore_run *run)
{
	struct walk w = { .run = run,
		.plan = &run->plan,
		.root = -1,
		.is_copy =
		    gv_foreign_kind_of(run->repo->git_dir) != GV_FOREIGN_NONE };
	const struct gv_manifest_entry *top;
	struct gv_tree_entry e;
	int r;

	w.path = w.extra_path = (struct gv_buf)GV_BUF_INIT;
	if ((r = load_manifest(run)) == 0 && run->opts->n_pathspecs)
		r = gv_restore_select(run);
	if (r == 0 && (r = advance(&w, GV_MANIFEST_DIR, &top)) == 0 &&
	    (r = add_dir(&w, 0, "", 0, 0, top)) == 0) {
		r = push(&w, 0, &run->rec->tree);
		if (r < 0)
			gv_err_in(r, "the top directory");
	}
	while (r == 0 && w.n > 0) {
		struct frame *f = &w.frames[w.n - 1];

		r = gv_tree_next(&f->it, &e);
		if (r > 0)
			r = visit(&w, f, &e);
		else if (r == 0)
			r = pop(&w);
	}
	while (w.n > 0)
		gv_object_release(&w.frames[--w.n].tree);
	if (r == 0)
		mark_used(run);
	gv_file_close(w.root);
	free(w.frames);
	gv_buf_release(&w.path);
	gv_buf_release(&w.extra_path);
	gv_map_release(&w.links);
	return r;
}

void
gv_restore_plan_release(struct gv_restore_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n_files; i++)
		free(plan->files[i].left);
	gv_manifest_free(plan->manifest);
	gv_arena_release(&plan->arena);
	free(plan->dirs);
	free(plan->files);
	memset(plan, 0, sizeof(*plan));
}

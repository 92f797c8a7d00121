#include "view/stats.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "object/link.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record_load.h"
#include "record/trash.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/proc.h"

/* An object that is counted. */
struct seen {
	struct gv_oid oid;
	enum gv_stats_kind kind;
	size_t path; /* its place in paths, plus one; 0: none */
};

/* A walk over what one kind has. */
struct counting {
	struct gv_stats *out;
	struct gv_odb *odb;
	struct gv_map seen;  /* oid -> struct seen */
	struct seen **order; /* all of them */
	size_t n, cap;
	struct gv_map paths;     /* path -> its place plus one */
	enum gv_stats_kind kind; /* of what is met now */
	bool has_paths;          /* these are files of a snapshot */
	uint64_t *names;         /* of secrets: how many; or NULL */
};

/* ---- objects, each once -------------------------------------------------- */

/* 1 if it was counted before, 0 if it is now, or GV_ENOMEM. */
static int
count(struct counting *c, const struct gv_oid *oid, size_t path)
{
	struct seen *s = gv_map_get(&c->seen, oid, sizeof(*oid));
	int r;

	if (s)
		return 1;
	s = gv_arena_alloc(&c->out->arena, sizeof(*s));
	if (s == NULL)
		return GV_ENOMEM;
	*s = (struct seen){ .oid = *oid, .kind = c->kind, .path = path };
	r = gv_vec_grow((void **)&c->order, &c->cap, c->n + 1, sizeof(s));
	if (r < 0 || (r = gv_map_put(&c->seen, &s->oid, sizeof(s->oid), s)) < 0)
		return r;
	c->order[c->n++] = s;
	return 0;
}

/* The place of a path, plus one; 0 if memory is short. */
static size_t
place_of(struct counting *c, const char *path, size_t len)
{
	struct gv_stats *out = c->out;
	void *at = gv_map_get(&c->paths, path, len);
	const char *copy;

	if (at)
		return (size_t)(uintptr_t)at;
	copy = gv_arena_copy(&out->arena, path, len);
	if (copy == NULL ||
	    GV_GROW(out->paths, out->n_paths, out->cap_paths) < 0)
		return 0;
	out->paths[out->n_paths++] =
	    (struct gv_stats_path){ .path = copy, .len = len };
	if (gv_map_put(&c->paths, copy, len, (void *)(uintptr_t)out->n_paths) <
	    0)
		return 0;
	return out->n_paths;
}

/* Chunks are of the file whose pointer has this id: "chunks/ID/…". */
static size_t
owner_of(struct counting *c, const char *path, size_t len)
{
	static const char front[] = "chunks/";
	const size_t n = sizeof(front) - 1;
	char hex[GV_OID_HEX + 1];
	struct gv_oid oid;
	struct seen *s;

	if (c->kind != GV_STATS_META || len < n + GV_OID_HEX ||
	    memcmp(path, front, n) != 0)
		return 0;
	memcpy(hex, path + n, GV_OID_HEX);
	hex[GV_OID_HEX] = '\0';
	if (gv_oid_parse(&oid, hex) < 0)
		return 0;
	s = gv_map_get(&c->seen, &oid, sizeof(oid));
	return s ? s->path : 0;
}

static int
count_entry(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	const bool is_tree = e->mode == GV_MODE_DIR;
	const enum gv_stats_kind kind = ((struct counting *)ctx)->kind;
	struct counting *c = ctx;
	size_t place = 0;
	int r;

	if (e->mode == GV_MODE_GIT)
		return 0;
	if (c->names && !is_tree && len > 4 &&
	    memcmp(path + len - 4, ".age", 4) == 0)
		++*c->names;
	if (gv_map_get(&c->seen, &e->oid, sizeof(e->oid)))
		return is_tree;
	if (c->has_paths && is_tree)
		c->kind = GV_STATS_META;
	else if (c->has_paths)
		place = place_of(c, path, len);
	else if (!is_tree)
		place = owner_of(c, path, len);
	if (place && !c->has_paths)
		c->kind = GV_STATS_FILES;
	if (place == 0 && c->has_paths && !is_tree)
		return GV_ENOMEM;
	r = count(c, &e->oid, place);
	c->kind = kind;
	return r < 0 ? r : 0;
}

/* A tree and all below it; what is damaged is noted and passed over. */
static int
count_tree(struct counting *c, const struct gv_oid *tree, const char *of)
{
	const enum gv_stats_kind kind = c->kind;
	int r;

	if (gv_oid_is_zero(tree) || gv_map_get(&c->seen, tree, sizeof(*tree)))
		return 0;
	c->kind = c->has_paths ? GV_STATS_META : kind;
	r = count(c, tree, 0);
	c->kind = kind;
	if (r == 0)
		r = gv_tree_walk(c->odb, tree, count_entry, c);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_buf_addf(&c->out->damaged, "%s: %s\n", of, gv_err_message());
		return gv_buf_check(&c->out->damaged);
	}
	return r;
}

/* ---- snapshots ----------------------------------------------------------- */

static int
add_count(struct gv_stats *out, struct gv_stats_counts *list, const char *name,
    uint64_t n)
{
	size_t i;
	int r;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->items[i].name, name) == 0) {
			list->items[i].n += n;
			return 0;
		}
	r = GV_GROW(list->items, list->n, list->cap);
	if (r < 0)
		return r;
	name = gv_arena_copy(&out->arena, name, strlen(name));
	if (name == NULL)
		return GV_ENOMEM;
	list->items[list->n++] = (struct gv_stats_count){ name, n };
	return 0;
}

static int
count_record(struct counting *c, const struct gv_record *rec)
{
	int r;

	c->kind = GV_STATS_FILES;
	c->has_paths = true;
	if ((r = count_tree(c, &rec->tree, rec->id)) == 0)
		r = count_tree(c, &rec->index, rec->id);
	c->kind = GV_STATS_META;
	c->has_paths = false;
	if (r == 0)
		r = count(c, &rec->commit, 0);
	if (r >= 0)
		r = count(c, &rec->root, 0);
	return r < 0 ? r : count_tree(c, &rec->meta, rec->id);
}

static int
count_snapshots(struct counting *c, struct gv_repo *repo)
{
	struct gv_stats *out = c->out;
	struct gv_records all = { 0 };
	size_t i;
	int r = gv_records_recall(&all, repo, &out->damaged);

	out->snapshots = all.n;
	for (i = 0; r == 0 && i < all.n; i++) {
		const struct gv_record *rec = &all.records[i];

		out->pinned += rec->pinned;
		out->logical += rec->bytes;
		out->newest = i == 0 ? rec->time : out->newest;
		out->oldest = rec->time;
		r = add_count(out, &out->triggers,
		    rec->trigger ? rec->trigger : "manual", 1);
		if (r == 0)
			r = count_record(c, rec);
	}
	gv_records_release(&all);
	return r;
}

/* What only they have: it is counted last. */
static int
count_trash(struct counting *c, struct gv_repo *repo)
{
	struct gv_trash trash = { .n = 0 };
	struct gv_record rec = { 0 };
	size_t i;
	int r = gv_trash_load(&trash, repo, &c->out->damaged);

	c->kind = GV_STATS_TRASH;
	c->has_paths = false;
	for (i = 0; r == 0 && i < trash.n; i++) {
		if (trash.items[i].is_live)
			continue;
		c->out->trashed++;
		/* a damaged one is the trash's own matter */
		if (gv_record_load(&rec, repo, &trash.items[i].commit) < 0)
			continue;
		r = count_tree(c, &rec.root, trash.items[i].id);
		gv_record_release(&rec);
	}
	gv_trash_release(&trash);
	return r;
}

/* ---- chains of commits --------------------------------------------------- */

static int
set_parent(void *to, const struct gv_oid *parent)
{
	*(struct gv_oid *)to = *parent;
	return GV_EEXISTS; /* the first */
}

/* The first version of a state has the commit of its code for a parent. */
static bool
is_ours(const struct gv_object *commit)
{
	static const char trailer[] = "\nVault-Format: ";

	return memmem(commit->data, commit->len, trailer,
		   sizeof(trailer) - 1) != NULL;
}

/* All commits of a chain with their trees; *n is how many they are. */
static int
count_chain(
    struct counting *c, const struct gv_oid *tip, const char *of, uint64_t *n)
{
	struct gv_oid at = *tip, next, tree;
	struct gv_object obj;
	int r = 0;

	while (r == 0 && !gv_oid_is_zero(&at)) {
		memset(&obj, 0, sizeof(obj));
		memset(&next, 0, sizeof(next));
		r = gv_odb_read_type(c->odb, &obj, &at, GV_OTYPE_COMMIT);
		if (r < 0)
			break;
		if (c->kind == GV_STATS_STATES && !is_ours(&obj)) {
			gv_object_release(&obj);
			break;
		}
		++*n;
		(void)gv_link_named(&next, &obj, set_parent);
		if ((r = count(c, &at, 0)) == 0 && gv_link_tree(&tree, &obj))
			r = count_tree(c, &tree, of);
		gv_object_release(&obj);
		r = r > 0 ? 0 : r;
		at = next;
	}
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_buf_addf(&c->out->damaged, "%s: %s\n", of, gv_err_message());
		r = gv_buf_check(&c->out->damaged);
	}
	return r;
}

static int
count_secrets(struct counting *c, const struct gv_ref *ref)
{
	const char *scope = ref->name + strlen(GV_REFS_SECRETS);
	uint64_t n = 0, commits = 0;
	struct gv_object obj = { 0 };
	struct gv_oid tree;
	int r = gv_odb_read_type(c->odb, &obj, &ref->oid, GV_OTYPE_COMMIT);

	c->kind = GV_STATS_SECRETS;
	c->names = &n;
	if (r == 0 && gv_link_tree(&tree, &obj))
		r = count_tree(c, &tree, ref->name);
	c->names = NULL;
	gv_object_release(&obj);
	if (r == 0 && n)
		r = add_count(c->out, &c->out->scopes, scope, n);
	return r == 0 ? count_chain(c, &ref->oid, ref->name, &commits) : r;
}

static int
count_refs(struct counting *c, struct gv_repo *repo)
{
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_ref_list(&refs, repo, GV_REFS_VAULT);

	c->has_paths = false;
	for (i = 0; r == 0 && i < refs.n; i++) {
		const struct gv_ref *ref = &refs.refs[i];

		if (strncmp(ref->name, GV_REFS_SECRETS,
			strlen(GV_REFS_SECRETS)) == 0) {
			r = count_secrets(c, ref);
		} else if (strncmp(ref->name, GV_REFS_STATES,
			       strlen(GV_REFS_STATES)) == 0) {
			c->kind = GV_STATS_STATES;
			c->out->states++;
			r = count_chain(
			    c, &ref->oid, ref->name, &c->out->versions);
		}
		if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
			gv_buf_addf(&c->out->damaged, "%s: %s\n", ref->name,
			    gv_err_message());
			r = gv_buf_check(&c->out->damaged);
		}
	}
	gv_refs_release(&refs);
	return r;
}

/* ---- sizes --------------------------------------------------------------- */

static int
take_sizes(struct counting *c, const char *p)
{
	struct gv_stats *out = c->out;
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct seen *s = c->order[i];
		struct gv_stats_sum *sum = &out->kinds[s->kind];
		char *end = NULL;
		uint64_t stored = strtoull(p, &end, 10), size = 0;

		if (end > p && *end == ' ')
			size = strtoull(end + 1, &end, 10);
		else
			stored = 0; /* "ID missing" */
		sum->objects++;
		sum->stored += stored;
		sum->size += size;
		if (s->path) {
			struct gv_stats_path *path = &out->paths[s->path - 1];

			path->versions++;
			path->stored += stored;
			path->size += size;
		}
		p += strcspn(p, "\n");
		if (*p++ == '\0')
			return gv_err(GV_ERROR, "git did not report all sizes");
	}
	return 0;
}

static int
find_sizes(struct counting *c)
{
	static const char *const argv[] = { "git", "cat-file", "--buffer",
		"--batch-check=%(objectsize:disk) %(objectsize)", NULL };
	struct gv_buf in = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	char hex[GV_OID_HEX + 1];
	size_t i;
	int r;

	for (i = 0; i < c->n; i++) {
		gv_oid_format(hex, &c->order[i]->oid);
		gv_buf_addf(&in, "%s\n", hex);
	}
	if ((r = gv_buf_check(&in)) < 0)
		goto out;
	if (in.len &&
	    (r = gv_proc_run(&p,
		 &(struct gv_proc_opts){
		     .argv = argv, .in = in.p, .in_len = in.len })) < 0)
		goto out;
	if (p.status) {
		r = gv_err(
		    GV_ERROR, "git cannot read sizes: %s", gv_proc_why(&p));
		goto out;
	}
	if (in.len)
		r = take_sizes(c, p.out.p);
out:
	gv_proc_release(&p);
	gv_buf_release(&in);
	return r;
}

static uint64_t
number_behind(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static int
count_packs(struct gv_stats *out)
{
	static const char *const argv[] = { "git", "count-objects", "-v",
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });

	if (r < 0)
		goto out;
	if (p.status) {
		r = gv_err(
		    GV_ERROR, "git cannot count objects: %s", gv_proc_why(&p));
		goto out;
	}
	out->loose = number_behind(p.out.p, "count: ");
	out->loose_bytes = number_behind(p.out.p, "\nsize: ") * 1024;
	out->packs = number_behind(p.out.p, "\npacks: ");
	out->pack_bytes = number_behind(p.out.p, "\nsize-pack: ") * 1024;
out:
	gv_proc_release(&p);
	return r;
}

/* ---- .git/vault ---------------------------------------------------------- */

static uint64_t
bytes_below(int root, const char *path, int depth)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf below = GV_BUF_INIT;
	struct stat st;
	uint64_t sum = 0;
	size_t i;
	int fd;

	if (gv_dir_stat(root, path, strlen(path), &st) < 0)
		return 0;
	if (!S_ISDIR(st.st_mode) || depth == 0)
		return S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	fd = gv_dir_open(root, path, strlen(path));
	if (fd >= 0 && gv_dir_list(&names, fd) == 0)
		for (i = 0; i < names.n; i++) {
			gv_buf_reset(&below);
			gv_buf_addf(&below, "%s/%s", path, names.names[i].name);
			if (gv_buf_check(&below) == 0)
				sum += bytes_below(root, below.p, depth - 1);
		}
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&below);
	return sum;
}

static int
count_caches(struct gv_stats *out, const struct gv_repo *repo)
{
	enum { DEEP = 4 };
	struct gv_dir_names names = { 0 };
	uint64_t bytes;
	size_t i;
	int fd = gv_dir_open_root(repo->vault_dir), r = 0;

	if (fd < 0)
		return 0; /* there is none yet */
	if (gv_dir_list(&names, fd) == 0)
		for (i = 0; r == 0 && i < names.n; i++) {
			bytes = bytes_below(fd, names.names[i].name, DEEP);
			if (bytes)
				r = add_count(out, &out->caches,
				    names.names[i].name, bytes);
		}
	gv_file_close(fd);
	gv_dir_names_release(&names);
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

static int
by_stored(const void *a, const void *b)
{
	const struct gv_stats_path *x = a, *y = b;

	if (x->stored != y->stored)
		return x->stored < y->stored ? 1 : -1;
	return strcmp(x->path, y->path);
}

static int
by_number(const void *a, const void *b)
{
	const struct gv_stats_count *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void
sort_counts(struct gv_stats_counts *list)
{
	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items), by_number);
}

int
gv_stats_load(struct gv_stats *out, struct gv_repo *repo)
{
	struct counting c = {
		.out = out, .seen = GV_MAP_INIT, .paths = GV_MAP_INIT
	};
	int r;

	*out =
	    (struct gv_stats){ .damaged = GV_BUF_INIT, .arena = GV_ARENA_INIT };
	if ((r = gv_repo_odb(repo, &c.odb)) == 0 &&
	    (r = count_snapshots(&c, repo)) == 0 &&
	    (r = count_refs(&c, repo)) == 0 &&
	    (r = count_trash(&c, repo)) == 0 && (r = find_sizes(&c)) == 0 &&
	    (r = count_packs(out)) == 0)
		r = count_caches(out, repo);
	if (out->n_paths)
		qsort(out->paths, out->n_paths, sizeof(*out->paths), by_stored);
	sort_counts(&out->triggers);
	sort_counts(&out->scopes);
	sort_counts(&out->caches);
	free(c.order);
	gv_map_release(&c.seen);
	gv_map_release(&c.paths);
	if (r < 0)
		gv_stats_release(out);
	return r;
}

void
gv_stats_release(struct gv_stats *s)
{
	if (s == NULL)
		return;
	free(s->triggers.items);
	free(s->scopes.items);
	free(s->caches.items);
	free(s->paths);
	gv_buf_release(&s->damaged);
	gv_arena_release(&s->arena);
	memset(s, 0, sizeof(*s));
}

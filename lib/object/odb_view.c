#include "object/odb_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "sys/env.h"
#include "sys/file.h"

#define DEPTH_MAX      5 /* of alternates of alternates, as git has it */
#define ALTERNATES_MAX (1 << 20)

/* Names of one pack folder that matter here. */
struct names {
	char **names;
	size_t n, cap;
};

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
release_names(struct names *names)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		free(names->names[i]);
	free(names->names);
}

/* 1 where it is among them, else 0. */
static int
has_name(
    const struct names *names, const char *stem, size_t len, const char *ext)
{
	struct gv_buf name = GV_BUF_INIT;
	int r;

	gv_buf_add(&name, stem, len);
	gv_buf_addstr(&name, ext);
	if ((r = gv_buf_check(&name)) == 0 && names->n)
		r = bsearch(&name.p, names->names, names->n,
			sizeof(*names->names), compare) != NULL;
	gv_buf_release(&name);
	return r;
}

/* The pack-* names of a folder, sorted; none where there is no folder. */
static int
list_packs(struct names *out, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int r = 0;

	if (d == NULL)
		return errno == ENOENT || errno == ENOTDIR
		    ? 0
		    : gv_err_sys("cannot open directory %s", dir);
	while (r == 0 && (e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, "pack-", 5) != 0)
			continue;
		r = GV_GROW(out->names, out->n, out->cap);
		if (r < 0)
			break;
		out->names[out->n] = strdup(e->d_name);
		if (out->names[out->n] == NULL)
			r = gv_err_nomem();
		else
			out->n++;
	}
	closedir(d);
	if (r == 0 && out->n)
		qsort(out->names, out->n, sizeof(*out->names), compare);
	return r;
}

/* The pack of this stem: the one we have, if it is among those that were known
 * before the folder was looked at, or a new one. An index that is damaged makes
 * its pack as good as missing, and is remembered. */
static int
take_pack(struct gv_odb *odb, struct gv_odb_view *view, const char *stem,
    bool is_cruft, struct gv_odb_pack *known)
{
	struct gv_odb_pack *p;
	int r;

	for (p = known; p; p = p->next)
		if (strcmp(p->stem, stem) == 0)
			break;
	if (p == NULL) {
		r = gv_odb_pack_open(&p, stem);
		if (r == GV_ENOMEM)
			return r;
		if (r < 0) {
			if (view->damage == NULL)
				view->damage = strdup(gv_err_message());
			return 0;
		}
		p->is_cruft = is_cruft;
		p->number = odb->n_packs++;
		p->next = odb->packs;
		odb->packs = p;
	}
	if ((r = GV_GROW(view->packs, view->n_packs, view->cap_packs)) == 0)
		view->packs[view->n_packs++] = p;
	return r;
}

static int
add_packs(struct gv_odb *odb, struct gv_odb_view *view, const char *objects)
{
	struct gv_buf dir = GV_BUF_INIT, stem = GV_BUF_INIT;
	struct gv_odb_pack *known = odb->packs;
	struct names names = { NULL, 0, 0 };
	size_t i, len;
	bool is_cruft;
	int r;

	gv_buf_addf(&dir, "%s/pack", objects);
	if ((r = gv_buf_check(&dir)) == 0)
		r = list_packs(&names, dir.p);
	for (i = 0; r == 0 && i < names.n; i++) {
		const char *name = names.names[i];

		len = strlen(name) - 4; /* all are longer: "pack-" */
		if (strcmp(name + len, ".idx") != 0 ||
		    (r = has_name(&names, name, len, ".pack")) <= 0 ||
		    (r = has_name(&names, name, len, ".mtimes")) < 0)
			continue;
		is_cruft = r;
		gv_buf_reset(&stem);
		gv_buf_addf(&stem, "%s/%.*s", dir.p, (int)len, name);
		if ((r = gv_buf_check(&stem)) == 0)
			r = take_pack(odb, view, stem.p, is_cruft, known);
	}
	release_names(&names);
	gv_buf_release(&dir);
	gv_buf_release(&stem);
	return r;
}

/* Add an objects folder to the end of the view, unless it is there already or
 * is missing, as git does. What it holds is looked at when its turn comes. */
static int
add_dir(struct gv_odb_view *view, const char *path, int depth)
{
	struct gv_odb_dir *dir;
	struct stat st, other;
	size_t i;
	int r;

	if (depth > DEPTH_MAX || stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	for (i = 0; i < view->n_dirs; i++)
		if (stat(view->dirs[i].path, &other) == 0 &&
		    other.st_dev == st.st_dev && other.st_ino == st.st_ino)
			return 0;
	r = GV_GROW(view->dirs, view->n_dirs, view->cap_dirs);
	if (r < 0)
		return r;
	dir = &view->dirs[view->n_dirs];
	memset(dir, 0, sizeof(*dir));
	dir->depth = depth;
	dir->path = strdup(path);
	if (dir->path == NULL)
		return gv_err_nomem();
	view->n_dirs++;
	return 0;
}

/* One entry of a list of folders, which ends at `sep` or is quoted; the bytes
 * it takes. */
static size_t
take_entry(struct gv_buf *path, const char *list, char sep)
{
	const char end[2] = { sep, '\0' };
	size_t n = 0;

	gv_buf_reset(path);
	if (*list != '"' || gv_path_unquote(path, list, strlen(list), &n) < 0) {
		n = strcspn(list, end);
		gv_buf_add(path, list, n);
	}
	return n + strcspn(list + n, end);
}

/* Add each folder of a list; relative ones start at `base`, or here. */
static int
add_listed(struct gv_odb_view *view, const char *list, char sep,
    const char *base, int depth)
{
	struct gv_buf path = GV_BUF_INIT, full = GV_BUF_INIT;
	size_t n;
	int r = 0;

	for (; r == 0 && *list; list += n + (list[n] == sep)) {
		n = take_entry(&path, list, sep);
		if (path.len == 0 || (sep == '\n' && *list == '#'))
			continue;
		gv_buf_reset(&full);
		if (base && path.p[0] != '/')
			gv_buf_addf(&full, "%s/", base);
		gv_buf_addstr(&full, path.p);
		if ((r = gv_buf_check(&full)) == 0)
			r = add_dir(view, full.p, depth);
	}
	gv_buf_release(&path);
	gv_buf_release(&full);
	return r;
}

/* The packs of the view's i-th folder, and the folders that it leads to. */
static int
look_into(struct gv_odb *odb, struct gv_odb_view *view, size_t i)
{
	struct gv_buf file = GV_BUF_INIT, list = GV_BUF_INIT;
	int depth = view->dirs[i].depth;
	char *path = view->dirs[i].path; /* the array may move */
	int r = add_packs(odb, view, path);

	gv_buf_addf(&file, "%s/info/alternates", path);
	if (r == 0 && (r = gv_buf_check(&file)) == 0 && !odb->alone &&
	    gv_file_read(&list, AT_FDCWD, file.p, ALTERNATES_MAX) == 0)
		r = add_listed(view, list.p, '\n', path, depth + 1);
	gv_buf_release(&file);
	gv_buf_release(&list);
	return r;
}

static void
free_view(struct gv_odb_view *view)
{
	size_t i, j;

	for (i = 0; i < view->n_dirs; i++) {
		for (j = 0; j < 256; j++)
			free(view->dirs[i].lists[j]);
		free(view->dirs[i].path);
	}
	free(view->dirs);
	free(view->packs);
	free(view->table);
	free(view->damage);
	free(view);
}

static int
make_view(struct gv_odb_view **out, struct gv_odb *odb)
{
	struct gv_odb_view *view = calloc(1, sizeof(*view));
	const char *env = gv_env_get("GIT_ALTERNATE_OBJECT_DIRECTORIES");
	size_t i;
	int r;

	if (view == NULL)
		return gv_err_nomem();
	r = add_dir(view, odb->objects_dir, 0);
	if (r == 0 && env && !odb->alone)
		r = add_listed(view, env, ':', NULL, 1);
	for (i = 0; r == 0 && i < view->n_dirs; i++)
		r = look_into(odb, view, i);
	if (r < 0) {
		free_view(view);
		return r;
	}
	*out = view;
	return 0;
}

static bool
is_same(const struct gv_odb_view *a, const struct gv_odb_view *b)
{
	return a->n_packs == b->n_packs && a->n_dirs == b->n_dirs &&
	    !a->damage == !b->damage &&
	    (a->n_packs == 0 ||
		memcmp(a->packs, b->packs, a->n_packs * sizeof(*a->packs)) ==
		    0);
}

struct gv_odb_view *
gv_odb_view(struct gv_odb *odb)
{
	struct gv_odb_view *view =
	    atomic_load_explicit(&odb->view, memory_order_acquire);

	if (view)
		return view;
	pthread_mutex_lock(&odb->lock);
	view = odb->view;
	if (view == NULL && make_view(&view, odb) == 0)
		atomic_store_explicit(&odb->view, view, memory_order_release);
	pthread_mutex_unlock(&odb->lock);
	return view;
}

int
gv_odb_view_renew(struct gv_odb *odb, bool lazily, bool *changed)
{
	struct gv_odb_view *view, *old;
	bool same;
	int r;

	pthread_mutex_lock(&odb->lock);
	if ((r = make_view(&view, odb)) == 0) {
		old = odb->view;
		same = old && is_same(view, old);
		if (changed)
			*changed = !same;
		if (same && lazily) {
			free_view(view);
		} else {
			view->older = old;
			atomic_store_explicit(
			    &odb->view, view, memory_order_release);
		}
	}
	pthread_mutex_unlock(&odb->lock);
	return r;
}

void
gv_odb_view_release(struct gv_odb *odb)
{
	struct gv_odb_view *view = odb->view, *older;
	struct gv_odb_pack *pack, *next;

	for (; view; view = older) {
		older = view->older;
		free_view(view);
	}
	for (pack = odb->packs; pack; pack = next) {
		next = pack->next;
		gv_odb_pack_free(pack);
	}
}

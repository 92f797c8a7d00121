#include "object/scratch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/path.h"
#include "object/odb.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"

/*
 * Whoever has it open holds the folder, so one that was left differs from one
 * at work.
 */

#define OBJECTS    "GIT_OBJECT_DIRECTORY"
#define QUARANTINE "GIT_QUARANTINE_PATH"
#define PREFIX     "scratch-"
#define IN_OBJECTS "tmp_objdir-vault-"
#define STALE_S    60 /* one that was just made is not held yet */
#define TRIES      5

/* Among what is temporary others may have one of such a name. */
static bool
is_left(int fd)
{
	struct stat st;

	return fd >= 0 && gv_entry_stat(fd, "", &st) == 0 &&
	    st.st_uid == geteuid() && gv_entry_hold(fd);
}

/* Go over those that were left, whose descriptor holds them. */
static void
each_left(const char *place, const char *prefix,
    void (*fn)(void *ctx, int root, const char *name), void *ctx)
{
	int root = gv_dir_open_root(place), fd;
	struct gv_dir_names names = { .n = 0 };
	size_t i;

	if (root < 0 || gv_dir_list(&names, root) < 0) {
		gv_file_close(root);
		return;
	}
	for (i = 0; i < names.n; i++) {
		const char *name = names.names[i].name;

		if (strncmp(name, prefix, strlen(prefix)) != 0 ||
		    !gv_file_is_stale(root, name, STALE_S))
			continue;
		fd = gv_dir_open(root, name, names.names[i].len);
		if (is_left(fd))
			fn(ctx, root, name);
		gv_file_close(fd);
	}
	gv_dir_names_release(&names);
	gv_file_close(root);
}

static void
sweep(void *ctx, int root, const char *name)
{
	(void)ctx;
	(void)gv_file_remove_tree(root, name);
}

struct left {
	const char *place;
	struct gv_buf *out;
};

static void
add_left(void *ctx, int root, const char *name)
{
	const struct left *left = ctx;

	(void)root;
	gv_buf_addf(left->out, "%s/%s", left->place, name);
	gv_buf_addch(left->out, '\0');
}

int
gv_scratch_left(struct gv_buf *out, const struct gv_repo *repo)
{
	struct left left = { repo->objects_dir, out };

	each_left(left.place, IN_OBJECTS, add_left, &left);
	return gv_buf_check(out);
}

static int
make_objects(struct gv_scratch *s)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&s->objects, "%s/objects", s->dir.p);
	gv_buf_addf(&path, "%s/objects/pack", s->dir.p);
	if ((r = gv_buf_check(&s->objects)) == 0 &&
	    (r = gv_buf_check(&path)) == 0)
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0777);
	gv_buf_reset(&path);
	gv_buf_addf(&path, "%s/objects/info", s->dir.p);
	if (r == 0)
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0777);
	gv_buf_addstr(&path, "/alternates");
	gv_path_quote(
	    &text, s->repo->objects_dir, strlen(s->repo->objects_dir));
	gv_buf_addch(&text, '\n');
	if (r == 0 && (r = gv_buf_check(&path)) == 0 &&
	    (r = gv_buf_check(&text)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0666, false);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

bool
gv_scratch_is_whole(const struct gv_scratch *s)
{
	struct gv_buf path = GV_BUF_INIT;
	bool is_whole;

	gv_buf_addf(&path, "%s/info/alternates", s->objects.p);
	is_whole = gv_buf_check(&path) == 0 && gv_file_exists(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return is_whole;
}

/* Where it is made: with the objects, or beside our other files, or, where that
 * may be and nothing can be made there, with what is temporary. */
static int
choose_place(struct gv_buf *out, const char **prefix, struct gv_repo *repo,
    enum gv_scratch_place where)
{
	const char *set = gv_env_get("TMPDIR"), *at = repo->common_dir;
	int r;

	*prefix = where == GV_SCRATCH_OBJECTS ? IN_OBJECTS : PREFIX;
	if (where == GV_SCRATCH_OBJECTS) {
		gv_buf_addstr(out, repo->objects_dir);
		return gv_buf_check(out);
	}
	gv_buf_addf(out, "%s/vault", repo->common_dir);
	if ((r = gv_buf_check(out)) == 0 && gv_file_is_dir(AT_FDCWD, out->p))
		at = out->p;
	if (r < 0 || where != GV_SCRATCH_ANYWHERE ||
	    gv_file_may_write(AT_FDCWD, at))
		return r < 0 ? r : gv_file_mkdirs(AT_FDCWD, out->p, 0777);
	*prefix = "git-vault-" PREFIX;
	gv_buf_reset(out);
	gv_buf_addstr(out, set && *set == '/' ? set : "/tmp");
	return gv_buf_check(out);
}

static int
make_once(struct gv_scratch *s, const char *place, const char *path)
{
	gv_file_close(s->hold);
	gv_buf_reset(&s->dir);
	gv_buf_reset(&s->objects);
	s->hold = gv_entry_temp_dir(&s->dir, AT_FDCWD, path);
	if (s->hold < 0)
		return gv_err_sys("cannot make a folder in %s", place);
	(void)gv_entry_hold(s->hold);
	return make_objects(s);
}

/* git prune goes over what is temporary once, so the next one stays. */
static int
make(struct gv_scratch *s, const char *place, const char *path)
{
	int r, i;

	for (i = 0; i < TRIES; i++) {
		r = make_once(s, place, path);
		if (r == 0 || s->hold < 0 || gv_file_is_dir(AT_FDCWD, s->dir.p))
			return r;
	}
	return gv_err(GV_ELOCKED,
	    "git prune is deleting new objects in %s; try again when it is "
	    "done",
	    place);
}

int
gv_scratch_open(
    struct gv_scratch *out, struct gv_repo *repo, enum gv_scratch_place where)
{
	struct gv_buf place = GV_BUF_INIT, path = GV_BUF_INIT;
	const char *prefix;
	int r;

	*out = (struct gv_scratch)GV_SCRATCH_INIT;
	out->repo = repo;
	r = choose_place(&place, &prefix, repo, where);
	gv_buf_addf(&path, "%s/%s", place.p, prefix);
	if (r == 0 && (r = gv_buf_check(&path)) == 0) {
		each_left(place.p, prefix, sweep, NULL);
		r = make(out, place.p, path.p);
	}
	gv_buf_release(&place);
	gv_buf_release(&path);
	return r;
}

int
gv_scratch_enter(struct gv_scratch *s, struct gv_repo **over)
{
	const char *set = gv_env_get(OBJECTS);
	char *before = set ? strdup(set) : NULL;
	int r = set && before == NULL ? gv_err_nomem()
				      : gv_env_set(OBJECTS, s->objects.p);

	if (r < 0) {
		free(before);
		return r;
	}
	s->before = before;
	s->over = *s->repo;
	s->over.objects_dir = s->objects.p;
	s->over.odb = NULL;
	s->over.ref_git = NULL;
	*over = &s->over;
	return 0;
}

int
gv_scratch_guard(struct gv_scratch *s)
{
	int r = 0;

	if (gv_env_get(QUARANTINE) == NULL) {
		r = gv_env_set(QUARANTINE, s->objects.p);
		s->is_guarded = r == 0;
	}
	return r;
}

void
gv_scratch_pause(struct gv_scratch *s)
{
	if (s->over.objects_dir == NULL)
		return;
	if (s->is_guarded)
		(void)gv_env_set(QUARANTINE, NULL);
	(void)gv_env_set(OBJECTS, s->before);
}

int
gv_scratch_resume(struct gv_scratch *s)
{
	int r = 0;

	if (s->over.objects_dir == NULL)
		return 0;
	r = gv_env_set(OBJECTS, s->objects.p);
	if (r == 0 && s->is_guarded)
		r = gv_env_set(QUARANTINE, s->objects.p);
	return r;
}

void
gv_scratch_leave(struct gv_scratch *s)
{
	if (s->over.objects_dir == NULL)
		return;
	if (s->is_guarded)
		(void)gv_env_set(QUARANTINE, NULL);
	s->is_guarded = false;
	(void)gv_env_set(OBJECTS, s->before);
	gv_odb_close(s->over.odb);
	memset(&s->over, 0, sizeof(s->over));
	free(s->before);
	s->before = NULL;
}

void
gv_scratch_close(struct gv_scratch *s)
{
	gv_scratch_leave(s);
	if (s->repo && s->hold >= 0) {
		(void)gv_file_remove_tree(AT_FDCWD, s->dir.p);
		gv_file_close(s->hold);
	}
	gv_buf_release(&s->dir);
	gv_buf_release(&s->objects);
	memset(s, 0, sizeof(*s));
}

int
gv_scratch_git(struct gv_proc *p, const struct gv_scratch *s,
    const char *const *argv, const struct gv_buf *in)
{
	struct gv_buf dir = GV_BUF_INIT;
	const char *env[] = { "LC_ALL=C", NULL, NULL };
	struct gv_proc_opts opts = { .argv = argv, .env = env };
	int r;

	gv_buf_addf(&dir, OBJECTS "=%s", s->objects.p);
	r = gv_buf_check(&dir);
	env[1] = dir.p;
	if (in) {
		opts.in = in->p;
		opts.in_len = in->len;
	}
	if (r == 0)
		r = gv_proc_run(p, &opts);
	gv_buf_release(&dir);
	return r;
}

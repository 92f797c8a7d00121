#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "vault/parcel_internal.h"

/*
 * As git's own quarantine of a push: what comes in, or is made for a bundle
 * alone, lies in a folder of its own, and the repository's objects are its
 * alternate. Whoever has it open holds it, so a leaving is told from one at
 * work.
 */

#define PREFIX  "parcel-"
#define STALE_S 60 /* one that was just made is not held yet */

static void
sweep(const struct gv_buf *vault)
{
	int root = gv_dir_open_root(vault->p), fd;
	struct gv_dir_names names = { .n = 0 };
	size_t i;

	if (root < 0 || gv_dir_list(&names, root) < 0) {
		gv_file_close(root);
		return;
	}
	for (i = 0; i < names.n; i++) {
		const char *name = names.names[i].name;

		if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 ||
		    !gv_file_is_stale(root, name, STALE_S))
			continue;
		fd = gv_dir_open(root, name, names.names[i].len);
		if (fd >= 0 && gv_entry_hold(fd))
			(void)gv_file_remove_tree(root, name);
		gv_file_close(fd);
	}
	gv_dir_names_release(&names);
	gv_file_close(root);
}

static int
make_objects(struct gv_parcel_scratch *s)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&s->objects, "%s/objects", s->dir.p);
	gv_buf_addf(&path, "%s/objects/pack", s->dir.p);
	r = gv_buf_check(&s->objects);
	if (r == 0)
		r = gv_buf_check(&path);
	if (r == 0)
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0777);
	gv_buf_reset(&path);
	gv_buf_addf(&path, "%s/objects/info", s->dir.p);
	if (r == 0)
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0777);
	gv_buf_addstr(&path, "/alternates");
	gv_buf_addf(&text, "%s\n", s->repo->objects_dir);
	if (r == 0)
		r = gv_buf_check(&path);
	if (r == 0)
		r = gv_buf_check(&text);
	if (r == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0666, false);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

int
gv_parcel_scratch_open(struct gv_parcel_scratch *out, struct gv_repo *repo)
{
	struct gv_buf vault = GV_BUF_INIT, prefix = GV_BUF_INIT;
	int r;

	*out = (struct gv_parcel_scratch){ .repo = repo,
		.dir = GV_BUF_INIT,
		.objects = GV_BUF_INIT,
		.hold = -1 };
	gv_buf_addf(&vault, "%s/vault", repo->common_dir);
	gv_buf_addf(&prefix, "%s/" PREFIX, vault.p);
	r = gv_buf_check(&vault);
	if (r == 0)
		r = gv_buf_check(&prefix);
	if (r == 0)
		r = gv_file_mkdirs(AT_FDCWD, vault.p, 0777);
	if (r == 0) {
		sweep(&vault);
		out->hold = gv_entry_temp_dir(&out->dir, AT_FDCWD, prefix.p);
		if (out->hold < 0)
			r = gv_err_sys("cannot make a folder in %s", vault.p);
		else
			(void)gv_entry_hold(out->hold);
	}
	if (r == 0)
		r = make_objects(out);
	gv_buf_release(&vault);
	gv_buf_release(&prefix);
	return r;
}

void
gv_parcel_scratch_close(struct gv_parcel_scratch *s)
{
	if (s->repo && s->hold >= 0) {
		(void)gv_file_remove_tree(AT_FDCWD, s->dir.p);
		gv_file_close(s->hold);
	}
	gv_buf_release(&s->dir);
	gv_buf_release(&s->objects);
	memset(s, 0, sizeof(*s));
}

int
gv_parcel_scratch_git(struct gv_proc *p, const struct gv_parcel_scratch *s,
    const char *const *argv, const struct gv_buf *in)
{
	struct gv_buf dir = GV_BUF_INIT;
	const char *env[] = { "LC_ALL=C", NULL, NULL };
	struct gv_proc_opts opts = { .argv = argv, .env = env };
	int r;

	gv_buf_addf(&dir, "GIT_OBJECT_DIRECTORY=%s", s->objects.p);
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

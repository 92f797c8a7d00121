#include "component/component_restore.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "component/component_program.h"
#include "component/component_reader.h"
#include "component/component_recipe.h"
#include "component/component_secret.h"
#include "component/component_stored.h"
#include "config/policy.h"
#include "object/repo_odb.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/memdir.h"
#include "sys/outfile.h"

struct restoring {
	struct gv_repo *repo;
	struct gv_safe *safe;
	const struct gv_policy_component *of;
	const char *target;
	struct gv_component_stored stored;
	struct gv_component_reader *reader;
	struct gv_component_recipe recipe;
	struct gv_component_secret secret;
	struct gv_buf dir, file, path;
};

static int
open_reader(struct restoring *r, const struct gv_ref *ref)
{
	struct gv_odb *odb;
	int e = gv_repo_odb(r->repo, &odb);

	if (e == 0)
		e = gv_component_stored_load(&r->stored, odb, ref);
	return e < 0 ? e
		     : gv_component_reader_open(
			   &r->reader, r->repo, r->safe, &r->stored);
}

static int
pass(struct gv_component_reader *reader,
    int (*sink)(void *ctx, const void *data, size_t len), void *ctx)
{
	const void *data;
	size_t len;
	int r = 1;

	while (r > 0) {
		r = gv_component_reader_next(reader, &data, &len);
		if (r > 0 && sink && sink(ctx, data, len) < 0)
			return GV_ERROR;
	}
	return r;
}

static void
release(struct restoring *r)
{
	gv_component_reader_close(r->reader);
	gv_component_stored_release(&r->stored);
	gv_component_recipe_release(&r->recipe);
	gv_component_secret_close(&r->secret);
	gv_memdir_remove(&r->dir);
	gv_buf_release(&r->file);
	gv_buf_release(&r->path);
}

int
gv_component_stream(uint64_t *size, struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_ref *ref,
    int (*sink)(void *ctx, const void *data, size_t len), void *ctx)
{
	struct restoring r = { .repo = repo, .safe = safe };
	int e = open_reader(&r, ref);

	if (e == 0 && size)
		*size = gv_component_reader_index(r.reader)->size;
	if (e == 0)
		e = pass(r.reader, sink, ctx);
	release(&r);
	return e;
}

/* ---- into a server ------------------------------------------------------- */

static int
make_recipe(struct restoring *r)
{
	const struct gv_component_given given = { .credentials = r->secret.file,
		.file = r->file.len ? r->file.p : NULL,
		.target = r->target };

	gv_component_recipe_release(&r->recipe);
	return gv_component_recipe(&r->recipe, r->of, &given);
}

static bool
is_archive(const struct gv_policy_component *c)
{
	return c->restore.n == 0 &&
	    (c->engine == GV_POLICY_CONFIGURATION ||
		c->engine == GV_POLICY_SECRETS || c->engine == GV_POLICY_LOGS ||
		c->engine == GV_POLICY_ARTIFACTS);
}

/* A program runs at the top of the working tree, wherever the user is. */
static int
place_target(struct restoring *r)
{
	const bool is_path = r->of->engine == GV_POLICY_SQLITE ||
	    r->of->engine == GV_POLICY_ETCD || is_archive(r->of);
	char *here;

	if (!is_path || r->of->restore.n || *r->target == '/')
		return 0;
	if ((here = gv_entry_real_path(".")) == NULL)
		return gv_err_sys("cannot find the current directory");
	gv_buf_addf(&r->path, "%s/%s", here, r->target);
	free(here);
	r->target = r->path.p;
	return gv_buf_check(&r->path);
}

static int
prepare(struct restoring *r)
{
	int e = place_target(r);

	if (e < 0)
		return e;
	e = gv_component_secret_open(&r->secret, r->repo, r->safe, r->of);

	if (e < 0 || (e = make_recipe(r)) < 0)
		return e;
	if (r->recipe.restore.n == 0)
		return gv_err(GV_EREFUSED,
		    "a component of type %s is restored to a file: git vault "
		    "component restore %s --to %s.dump",
		    gv_policy_engines[r->of->engine], r->of->name, r->of->name);
	return gv_component_secret_env(
	    &r->secret, r->recipe.secret, r->recipe.variable);
}

static int
run_restore(struct restoring *r, struct gv_component_reader *reader)
{
	const char *env[GV_COMPONENT_ENV + 3];
	size_t n = 0;
	struct gv_component_program program = { .repo = r->repo,
		.argv = &r->recipe.restore,
		.env = env,
		.reader = reader,
		.timeout = r->of->timeout,
		.guards = r->recipe.guards,
		.of = r->of->name,
		.env_of = r->of->env,
		.must_read = true };

	while (r->secret.env[n]) {
		env[n] = r->secret.env[n];
		n++;
	}
	/* mariadb starts one where a dump says so, also in its sandbox */
	env[n++] = "EDITOR=false";
	env[n++] = "VISUAL=false";
	env[n] = NULL;
	return gv_component_program_run(&program);
}

/* Through a file in memory, for programs that read no input. */
static int
restore_file(struct restoring *r)
{
	struct gv_outfile out = { .mode = 0600 };
	int e = gv_memdir_make(&r->dir);

	if (e < 0)
		return e;
	gv_buf_addf(&r->file, "%s/dump", r->dir.p);
	if ((e = gv_buf_check(&r->file)) < 0 || (e = make_recipe(r)) < 0)
		return e;
	out.path = r->file.p;
	if ((e = gv_outfile_open(&out)) == 0)
		e = gv_outfile_close(
		    &out, pass(r->reader, gv_outfile_write, &out));
	return e < 0 ? e : run_restore(r, NULL);
}

/* What is beside a database of SQLite belongs to the old one. */
static int
remove_beside(const char *target)
{
	static const char *const ends[] = { "-wal", "-shm", "-journal" };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(ends) / sizeof(ends[0]); i++) {
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s%s", target, ends[i]);
		if ((r = gv_buf_check(&path)) == 0)
			r = gv_file_remove_tree(AT_FDCWD, path.p);
	}
	gv_buf_release(&path);
	return r;
}

/* An empty one that is read by those who read the target, else by nobody else:
 * the program would let all read it. */
static int
make_file(const char *path, const char *target)
{
	char *saved = gv_err_save();
	mode_t mode = 0600;
	struct stat st;
	int fd = -1;

	if (gv_file_open(&fd, &st, AT_FDCWD, target) == 0)
		mode = st.st_mode & 0777;
	gv_file_close(fd);
	gv_err_restore(saved);
	return gv_file_write_over(AT_FDCWD, path, "", 0, mode);
}

/* Into a new file beside the target, which takes its place when it is whole. */
static int
restore_new_file(struct restoring *r)
{
	int e;

	if (gv_file_is_dir(AT_FDCWD, r->target))
		return gv_err(GV_EREFUSED, "%s is a directory", r->target);
	gv_buf_addf(&r->file, "%s.git-vault-new", r->target);
	if ((e = gv_buf_check(&r->file)) < 0 || (e = make_recipe(r)) < 0 ||
	    (e = gv_file_remove_tree(AT_FDCWD, r->file.p)) < 0 ||
	    (e = make_file(r->file.p, r->target)) < 0)
		return e;
	e = run_restore(r, r->reader);
	if (e == 0 && (e = gv_file_sync(AT_FDCWD, r->file.p)) == 0 &&
	    (e = remove_beside(r->target)) == 0 &&
	    gv_file_rename_over(r->file.p, r->target) < 0)
		e = gv_err_sys("cannot replace %s", r->target);
	if (e == 0)
		e = gv_file_sync_parent(AT_FDCWD, r->target);
	else
		(void)gv_file_remove_tree(AT_FDCWD, r->file.p);
	return e;
}

int
gv_component_restore(struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_policy_component *component, const struct gv_ref *ref,
    const char *target)
{
	struct restoring r = {
		.repo = repo, .safe = safe, .of = component, .target = target
	};
	int e = open_reader(&r, ref);

	if (e < 0 || (e = prepare(&r)) < 0) {
		release(&r);
		return e;
	}
	if (r.recipe.is_new_file)
		e = restore_new_file(&r);
	else if (r.recipe.is_file && component->restore.n == 0)
		e = restore_file(&r);
	else if (!is_archive(component) ||
	    (e = gv_file_mkdirs(AT_FDCWD, r.target, 0700)) == 0)
		e = run_restore(&r, r.reader);
	release(&r);
	return e;
}

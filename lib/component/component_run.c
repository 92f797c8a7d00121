#include "component/component_run.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "component/component_outside.h"
#include "component/component_program.h"
#include "component/component_proof.h"
#include "component/component_reader.h"
#include "component/component_recipe.h"
#include "component/component_secret.h"
#include "component/component_stored.h"
#include "component/component_writer.h"
#include "config/policy.h"
#include "crypto/digest.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_writer.h"
#include "sys/clock.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/memdir.h"

#define MARK        ((size_t)40)      /* of redis: digits and small letters */
#define REPORT_MOST ((size_t)1 << 20) /* of an external backup's report */
#define PIECE       ((size_t)128 * 1024)
#define LOOK        ((uint64_t)64 << 20)  /* bytes between looks at the disk */
#define LEFT        ((uint64_t)128 << 20) /* bytes that stay free on it */

struct run {
	struct gv_component_ran *out;
	struct gv_repo *repo;
	struct gv_safe *safe;
	const struct gv_component_run_opts *opts;
	const struct gv_policy_component *of;
	struct gv_component_recipe recipe;
	struct gv_component_secret secret;
	struct gv_component_writer *writer;
	struct gv_component_proof proof;
	struct gv_component_outside outside;
	struct gv_secret report;
	struct gv_secret held;   /* what may be a mark behind the dump */
	struct gv_buf dir, file; /* in memory, for programs that need one */
	char mark[33];           /* of pg_dump */
	uint64_t looked;         /* at the disk, when so much had come */
};

/* ---- the dump ------------------------------------------------------------ */

/* A dump without an end must not fill the disk. */
static int
check_disk(struct run *run)
{
	const uint64_t size = gv_component_writer_size(run->writer);
	uint64_t left, total;

	if (size - run->looked < LOOK)
		return 0;
	run->looked = size;
	if (gv_file_free_space(run->repo->objects_dir, &left, &total) < 0 ||
	    left > LEFT)
		return 0;
	return gv_err(GV_EREFUSED,
	    "the dump was stopped: less than 128 MiB are free on the disk of "
	    "%s",
	    run->repo->objects_dir);
}

static int
put(void *ctx, const void *data, size_t len)
{
	struct run *run = ctx;
	size_t n = REPORT_MOST - run->report.len;
	int r = gv_component_writer_add(run->writer, data, len);

	gv_component_proof_add(&run->proof, data, len);
	if (r == 0 && run->of->engine == GV_POLICY_EXTERNAL)
		r = gv_secret_add(&run->report, data, n < len ? n : len);
	return r < 0 ? r : check_disk(run);
}

/* Hold the last bytes back until the end. */
static int
take(void *ctx, const void *data, size_t len)
{
	struct run *run = ctx;
	size_t n;
	int r;

	if (!run->recipe.has_mark)
		return put(run, data, len);
	if ((r = gv_secret_add(&run->held, data, len)) < 0 ||
	    run->held.len <= MARK)
		return r;
	n = run->held.len - MARK;
	r = put(run, run->held.p, n);
	gv_secret_drop(&run->held, n);
	return r;
}

/* Whether the dump is complete, and what was held back is a mark behind it; if
 * not, that belongs to it. */
static int
end_mark(struct run *run)
{
	struct gv_component_proof without = run->proof;
	size_t i = 0;

	while (i < run->held.len &&
	    strchr("0123456789abcdef", run->held.p[i]) && run->held.p[i])
		i++;
	if (i == MARK && gv_component_proof_end(&without) == 0)
		return 0;
	explicit_bzero(&without, sizeof(without));
	return run->held.len ? put(run, run->held.p, run->held.len) : 0;
}

/* A program that writes a file only. */
static int
take_file(struct run *run)
{
	unsigned char *bytes;
	struct stat st;
	ssize_t n = 0;
	int fd = -1, r = gv_file_open(&fd, &st, AT_FDCWD, run->file.p);

	if (r < 0)
		return gv_err_in(
		    r, "%s wrote no dump", run->recipe.dump.items[0]);
	bytes = malloc(PIECE);
	if (bytes == NULL)
		r = gv_err_nomem();
	while (r == 0 && (n = gv_file_read_some(fd, bytes, PIECE)) > 0)
		r = take(run, bytes, (size_t)n);
	if (r == 0 && n < 0)
		r = gv_err_sys("cannot read %s", run->file.p);
	if (bytes)
		explicit_bzero(bytes, PIECE);
	free(bytes);
	gv_file_close(fd);
	return r;
}

static int
ignore(void *ctx, const void *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return 0;
}

/* Old versions of pg_dump neither need nor know this option, and name --help
 * where they do not. Whether there is one to leave out. */
static bool
drop_unknown(struct run *run)
{
	static const char option[] = "--restrict-key";
	struct gv_component_argv *const argv = &run->recipe.dump;
	size_t i = 0;

	while (
	    i < argv->n && strncmp(argv->items[i], option, strlen(option)) != 0)
		i++;
	if (i == argv->n || gv_component_writer_size(run->writer) ||
	    strstr(gv_err_message(), "--help") == NULL)
		return false;
	free(argv->items[i]);
	memmove(&argv->items[i], &argv->items[i + 1],
	    (argv->n - i) * sizeof(argv->items[0]));
	argv->n--;
	return true;
}

static int
dump(struct run *run)
{
	struct gv_component_program program = { .repo = run->repo,
		.argv = &run->recipe.dump,
		.env = run->secret.env,
		.timeout = run->of->timeout,
		.input = run->recipe.input,
		.take = run->recipe.is_file ? ignore : take,
		.ctx = run,
		.lets = run->recipe.lets_change };
	int r;

	gv_component_proof_begin(
	    &run->proof, run->recipe.proof, run->recipe.expect);
	r = gv_component_program_run(&program);
	if (r == GV_ERROR && drop_unknown(run))
		r = gv_component_program_run(&program);
	if (r == 0 && run->recipe.is_file)
		r = take_file(run);
	if (r == 0)
		r = end_mark(run);
	return r < 0 ? r : gv_component_proof_end(&run->proof);
}

/* ---- before it ----------------------------------------------------------- */

struct saying {
	const char *says;
	struct gv_buf said;
};

static int
listen(void *ctx, const void *data, size_t len)
{
	struct saying *s = ctx;

	if (s->said.len < 4096)
		gv_buf_add(&s->said, data, len < 4096 ? len : 4096);
	return gv_buf_check(&s->said);
}

/* Such as that the database is whole. */
static int
run_before(struct run *run)
{
	struct saying saying = { run->recipe.says, GV_BUF_INIT };
	struct gv_component_program program = { .repo = run->repo,
		.argv = &run->recipe.before,
		.env = run->secret.env,
		.timeout = run->of->timeout,
		.take = listen,
		.ctx = &saying };
	int r;

	if (run->recipe.before.n == 0)
		return 0;
	r = gv_component_program_run(&program);
	if (r == 0 &&
	    strcmp(saying.said.p ? saying.said.p : "", run->recipe.says) != 0)
		r = gv_err(GV_ECORRUPT,
		    "%s found damage in %s: it did not say 'ok'",
		    run->recipe.before.items[0], run->of->source);
	gv_buf_release(&saying.said);
	return r;
}

static int
run_outside(struct run *run)
{
	struct gv_component_program program = { .repo = run->repo,
		.argv = &run->recipe.run,
		.env = run->secret.env,
		.timeout = run->of->timeout };

	return run->recipe.run.n ? gv_component_program_run(&program) : 0;
}

/* psql carries out commands of a dump only outside of two lines with this mark.
 * A name in the database that has a line end could write such a line, if it
 * could be guessed. It is the same each time, so that dumps are. */
static int
make_mark(struct run *run)
{
	const struct gv_digest_field name = { run->of->name,
		strlen(run->of->name) };
	const unsigned char *key;
	struct gv_digest mark;
	int r;

	if (run->of->engine != GV_POLICY_POSTGRESQL)
		return 0;
	if ((r = gv_safe_prepare(run->safe)) < 0 ||
	    (r = gv_safe_naming_key(&key, run->safe, run->of->env)) < 0)
		return r;
	if (key == NULL)
		r = gv_clock_random(mark.bytes, sizeof(mark.bytes));
	else
		gv_digest_keyed(&mark, key, "component mark", &name, 1);
	gv_enc_hex(run->mark, mark.bytes, sizeof(run->mark) / 2);
	return r;
}

static int
prepare(struct run *run)
{
	struct gv_component_given given = { .file = NULL };
	int r = gv_component_secret_open(
	    &run->secret, run->repo, run->safe, run->of);

	if (r < 0)
		return r;
	if ((r = make_mark(run)) < 0)
		return r;
	given.credentials = run->secret.file;
	given.mark = run->mark;
	if ((r = gv_component_recipe(&run->recipe, run->of, &given)) < 0)
		return r;
	if (run->recipe.is_file) {
		gv_component_recipe_release(&run->recipe);
		if ((r = gv_memdir_make(&run->dir)) < 0)
			return r;
		gv_buf_addf(&run->file, "%s/dump", run->dir.p);
		if ((r = gv_buf_check(&run->file)) < 0)
			return r;
		given.file = run->file.p;
		r = gv_component_recipe(&run->recipe, run->of, &given);
	}
	return r < 0 ? r
		     : gv_component_secret_env(&run->secret, run->recipe.secret,
			   run->recipe.variable);
}

/* ---- the record ---------------------------------------------------------- */

static int
copy(char **out, const char *text)
{
	*out = text && *text ? strdup(text) : NULL;
	return *out || text == NULL || *text == '\0' ? 0 : gv_err_nomem();
}

static const char *
mode_of(const struct run *run)
{
	return run->opts->mode ? run->opts->mode : run->of->mode;
}

static int
describe(struct run *run)
{
	struct gv_component_record *rec = &run->out->record;
	char host[256];
	int r;

	gv_env_host(host, sizeof(host));
	rec->code = run->repo->head;
	if (run->of->engine == GV_POLICY_EXTERNAL)
		gv_component_outside_find(&run->outside,
		    (const char *)run->report.p, run->report.len);
	if ((r = copy(&rec->name, run->of->name)) < 0 ||
	    (r = copy(&rec->env, run->of->env)) < 0 ||
	    (r = copy(&rec->engine, gv_policy_engines[run->of->engine])) < 0 ||
	    (r = copy(&rec->host, host)) < 0 ||
	    (r = copy(&rec->mode, mode_of(run))) < 0 ||
	    (r = copy(&rec->label, run->opts->label)) < 0 ||
	    (r = copy(&rec->point, run->opts->point)) < 0 ||
	    (r = copy(&rec->outside, run->outside.label)) < 0)
		return r;
	return copy(&rec->lsn, run->outside.lsn);
}

/* ---- the team's check ---------------------------------------------------- */

static int
check_stored(struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_policy_component *of, const char *const *env,
    const struct gv_ref *ref)
{
	struct gv_component_argv argv = { .n = 0 };
	struct gv_component_stored stored = { .text = NULL };
	struct gv_component_program program = {
		.repo = repo, .argv = &argv, .env = env, .timeout = of->timeout
	};
	struct gv_odb *odb;
	size_t i;
	int r = gv_repo_odb(repo, &odb);

	for (i = 0; r == 0 && i < of->check.n; i++)
		r = gv_component_argv_add(&argv, of->check.items[i]);
	if (r == 0 && (r = gv_component_stored_load(&stored, odb, ref)) == 0)
		r = gv_component_reader_open(
		    &program.reader, repo, safe, &stored);
	if (r == 0)
		r = gv_component_program_run(&program);
	gv_component_reader_close(program.reader);
	gv_component_stored_release(&stored);
	gv_component_argv_release(&argv);
	return r < 0 ? gv_err_in(r, "the check did not pass") : 0;
}

int
gv_component_check(struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_policy_component *component, const struct gv_ref *ref)
{
	return component->check.n
	    ? check_stored(repo, safe, component, NULL, ref)
	    : 0;
}

int
gv_component_command(
    struct gv_repo *repo, const struct gv_policy_texts *argv, bool is_needed)
{
	struct gv_component_argv copy_of = { .n = 0 };
	size_t i;
	int r = 0;

	if (argv->n == 0)
		return 0;
	for (i = 0; r == 0 && i < argv->n; i++)
		r = gv_component_argv_add(&copy_of, argv->items[i]);
	if (r == 0)
		r = gv_component_program_run(&(struct gv_component_program){
		    .repo = repo, .argv = &copy_of, .is_needed = is_needed });
	gv_component_argv_release(&copy_of);
	return r;
}

/* ---- the whole ----------------------------------------------------------- */

static int
store(struct run *run)
{
	struct gv_ref ref;
	int r = describe(run);

	if (r == 0)
		r = gv_component_writer_store(
		    run->writer, &run->out->record, &ref);
	if (r == 0 && run->of->check.n)
		r = check_stored(
		    run->repo, run->safe, run->of, run->secret.env, &ref);
	return r < 0 ? r : gv_component_writer_publish(run->writer);
}

static int
run_all(struct run *run)
{
	const char *const mode = mode_of(run);
	const struct gv_component_writer_opts opts = { .env = run->of->env,
		.name = run->of->name,
		.is_full = mode && strcmp(mode, "full") == 0,
		.now = run->opts->now };
	int r;

	if ((r = prepare(run)) < 0 || (r = run_before(run)) < 0 ||
	    (r = run_outside(run)) < 0 ||
	    (r = gv_component_writer_open(
		 &run->writer, run->repo, run->safe, &opts)) < 0 ||
	    (r = dump(run)) < 0 || (r = store(run)) < 0)
		return r;
	run->out->size = gv_component_writer_size(run->writer);
	return copy(&run->out->broken, gv_component_writer_broken(run->writer));
}

static int64_t
now_ms(void)
{
	const struct timespec now = gv_clock_coarse();

	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
gv_component_run(struct gv_component_ran *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_component_run_opts *opts)
{
	struct run run = { .out = out,
		.repo = repo,
		.safe = safe,
		.opts = opts,
		.of = opts->component };
	const int64_t began = now_ms();
	int r;

	*out = (struct gv_component_ran){ .why = NULL };
	r = run_all(&run);
	out->took_ms = now_ms() - began;
	if (r < 0 && r != GV_ECANCELED && r != GV_ENOMEM)
		r = copy(&out->why, gv_err_message());
	gv_component_writer_close(run.writer);
	gv_component_secret_close(&run.secret);
	gv_component_recipe_release(&run.recipe);
	gv_secret_release(&run.report);
	gv_secret_release(&run.held);
	gv_memdir_remove(&run.dir);
	gv_buf_release(&run.file);
	explicit_bzero(&run.proof, sizeof(run.proof));
	return r;
}

void
gv_component_ran_release(struct gv_component_ran *ran)
{
	gv_component_record_release(&ran->record);
	free(ran->why);
	free(ran->broken);
}

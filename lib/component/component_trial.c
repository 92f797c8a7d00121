#include "component/component_trial.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "component/component_guard.h"
#include "component/component_recipe.h"
#include "component/component_restore.h"
#include "component/component_run.h"
#include "component/component_stored.h"
#include "config/policy.h"
#include "policy/disclosure.h"
#include "sandbox/sandbox.h"
#include "sys/clock.h"
#include "sys/memdir.h"
#include "sys/outfile.h"

#define TIMEOUT_MS (30u * 60 * 1000)
#define MORE       ((uint64_t)384 << 20) /* bytes that a new server takes */
#define TIMES      5 /* as large as the dump: itself, its data, their log */
#define LINE_MOST  400

const char *const gv_component_proofs[] = { "could_not_run", "equal", "served",
	"checked", "failed" };

struct trial {
	struct gv_component_trial *out;
	struct gv_repo *repo;
	struct gv_safe *safe;
	const struct gv_component_trial_opts *opts;
	struct gv_buf dir; /* in memory, with the dump */
};

static int
tell(struct trial *t, enum gv_component_proven result, const char *detail)
{
	free(t->out->detail);
	t->out->result = result;
	t->out->detail = strdup(detail);
	return t->out->detail ? 0 : gv_err_nomem();
}

/* The same of a failure that is no reason to stop. */
static int
tell_failure(struct trial *t, enum gv_component_proven result, int r)
{
	return r == GV_ENOMEM || r == GV_ECANCELED
	    ? r
	    : tell(t, result, gv_err_message());
}

/* ---- the dump, in memory ------------------------------------------------- */

/* Whether the dump and a server with its data fit beside all else. 0; or
 * GV_EREFUSED. */
static int
check_room(uint64_t size)
{
	const uint64_t need = size * TIMES + MORE;
	uint64_t memory, files;
	int r = gv_memdir_room(&memory, &files);

	if (r < 0)
		return r;
	if (files < size)
		return gv_err(GV_EREFUSED,
		    "its %" PRIu64 " MiB do not fit into the file system in "
		    "memory, which has %" PRIu64 " MiB left",
		    size >> 20, files >> 20);
	return memory >= need
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "a trial needs %" PRIu64 " MiB of memory, and %" PRIu64
		  " MiB are available",
		  need >> 20, memory >> 20);
}

struct keeping {
	struct gv_outfile out;
	struct gv_component_guard guard;
	const char *why; /* a restore refuses it; NULL */
	bool is_begun;
};

/* What a restore would refuse is not proven. */
static int
keep(void *ctx, const void *data, size_t len)
{
	struct keeping *k = ctx;
	bool is_open;

	if (!k->is_begun)
		k->why = gv_component_guard_first(
		    &k->guard, &is_open, "nobody knows it", data, len);
	else if (k->why == NULL)
		k->why = gv_component_guard_take(&k->guard, data, len);
	k->is_begun = true;
	return gv_outfile_write(&k->out, data, len);
}

static enum gv_component_guard_kind
guards_of(const struct gv_component_trial_opts *opts)
{
	return opts->component && opts->component->restore.n
	    ? GV_COMPONENT_GUARD_NONE
	    : gv_component_recipe_guards(opts->stored->record.engine);
}

static int
write_dump(struct trial *t)
{
	struct gv_buf path = GV_BUF_INIT;
	struct keeping k = { .out = { .mode = 0600 } };
	int r = gv_memdir_make(&t->dir);

	if (r < 0)
		return r;
	gv_component_guard_init(&k.guard, guards_of(t->opts));
	gv_buf_addf(&path, "%s/dump", t->dir.p);
	k.out.path = path.p;
	if ((r = gv_buf_check(&path)) == 0 &&
	    (r = gv_outfile_open(&k.out)) == 0)
		r = gv_outfile_close(&k.out,
		    gv_component_stream(&t->out->size, t->repo, t->safe,
			t->opts->ref, keep, &k));
	gv_buf_release(&path);
	return r == 0 && k.why
	    ? gv_err(GV_EREFUSED, "the dump has %s, so a restore refuses it",
		  k.why)
	    : r;
}

/* ---- what the script said ------------------------------------------------ */

/* The last line, without secrets. */
static int
add_line(struct gv_buf *line, struct trial *t, const struct gv_buf *text)
{
	struct gv_disclosure d = GV_DISCLOSURE_INIT(t->repo);
	size_t end = text->len, begin;
	int r;

	while (end && strchr("\r\n", text->p[end - 1]))
		end--;
	for (begin = end; begin && text->p[begin - 1] != '\n'; begin--)
		;
	if (end - begin > LINE_MOST)
		end = begin + LINE_MOST;
	r = end > begin
	    ? gv_disclosure_line(line, &d, text->p + begin, end - begin)
	    : 0;
	gv_disclosure_release(&d);
	return r < 0 ? r : gv_buf_check(line);
}

static enum gv_component_proven
judge(const struct gv_sandbox_result *result, const char *line)
{
	if (result->is_missing || result->is_timed_out ||
	    result->status == 126 || result->status == 127)
		return GV_COMPONENT_UNPROVEN;
	if (result->status)
		return GV_COMPONENT_FAILED;
	return strncmp(line, "equal: ", 7) == 0 ? GV_COMPONENT_EQUAL
						: GV_COMPONENT_SERVED;
}

static int
tell_result(struct trial *t, const struct gv_sandbox_result *result)
{
	struct gv_buf line = GV_BUF_INIT;
	enum gv_component_proven proven;
	const char *text;
	int r =
	    add_line(&line, t, result->status ? &result->err : &result->out);

	if (r == GV_ENOMEM) {
		gv_buf_release(&line);
		return r;
	}
	text = line.len ? line.p : "";
	proven = judge(result, text);
	if (result->is_timed_out)
		text = "the trial took longer than 30 minutes";
	else if (*text == '\0')
		text = "the trial ended without a word";
	else if (proven == GV_COMPONENT_EQUAL || proven == GV_COMPONENT_SERVED)
		text = strchr(text, ' ') ? strchr(text, ' ') + 1 : text;
	r = tell(t, proven, text);
	gv_buf_release(&line);
	return r;
}

/* ---- the trial ----------------------------------------------------------- */

/* What the program that dumps reads, and whether its second dump is to be the
 * same: with options of the policy it need not. */
static int
run_script(struct trial *t, struct gv_sandbox *box, const char *script)
{
	static const char *const no[] = { "0", "1" };
	const struct gv_policy_component *of = t->opts->component;
	const bool is_strict = of == NULL || gv_component_recipe_is_plain(of);
	const char *argv[] = { "sh", "-c", script, "sh", no[is_strict], "",
		NULL };
	struct gv_sandbox_result result = GV_SANDBOX_RESULT_INIT;
	int r;

	argv[5] = gv_component_recipe_input(t->opts->stored->record.engine);
	r = gv_sandbox_run(&result, box,
	    &(struct gv_sandbox_job){ .argv = argv, .timeout_ms = TIMEOUT_MS });
	if (r == 0)
		r = tell_result(t, &result);
	gv_sandbox_result_release(&result);
	return r;
}

static int
try_script(struct trial *t, const char *script)
{
	struct gv_sandbox *box = NULL;
	int r = gv_sandbox_start(&box, t->opts->self,
	    &(struct gv_sandbox_opts){ .tree = t->dir.p,
		.space = t->out->size * TIMES + MORE,
		.least = GV_SANDBOX_SPACES });

	/* the sandbox has a copy of its own */
	gv_memdir_remove(&t->dir);
	r = r < 0 ? tell_failure(t, GV_COMPONENT_UNPROVEN, r)
		  : run_script(t, box, script);
	gv_sandbox_stop(box);
	return r;
}

/* Nobody here knows how to restore it: what the team checks is all there is. */
static int
try_check(struct trial *t)
{
	const struct gv_policy_component *of = t->opts->component;
	int r;

	if (of == NULL || of->check.n == 0)
		return tell(t, GV_COMPONENT_UNPROVEN,
		    "its bytes are intact; for a proof the policy needs a "
		    "'check' for it");
	r = gv_component_check(t->repo, t->safe, of, t->opts->ref);
	return r < 0
	    ? tell_failure(t, GV_COMPONENT_FAILED, r)
	    : tell(t, GV_COMPONENT_CHECKED, "the 'check' of the policy passed");
}

static int
try(struct trial *t)
{
	const struct gv_component_record *rec = &t->opts->stored->record;
	const char *const script = gv_component_trial_script(rec->engine);
	int r;

	if (script == NULL) {
		r = gv_component_stream(
		    &t->out->size, t->repo, t->safe, t->opts->ref, NULL, NULL);
		return r < 0 ? tell_failure(t, GV_COMPONENT_FAILED, r)
			     : try_check(t);
	}
	if ((r = check_room(rec->bytes)) < 0)
		return tell_failure(t, GV_COMPONENT_UNPROVEN, r);
	/* only what is wrong with the dump itself makes it fail */
	r = write_dump(t);
	if (r == GV_ERROR || (r < 0 && t->dir.len == 0))
		return tell_failure(t, GV_COMPONENT_UNPROVEN, r);
	return r < 0 ? tell_failure(t, GV_COMPONENT_FAILED, r)
		     : try_script(t, script);
}

int
gv_component_trial(struct gv_component_trial *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_component_trial_opts *opts)
{
	struct trial t = {
		.out = out, .repo = repo, .safe = safe, .opts = opts
	};
	const uint64_t began = gv_clock_tick();
	int r;

	*out = (struct gv_component_trial){ .detail = NULL };
	r = try(&t);
	gv_memdir_remove(&t.dir);
	out->ms = (int64_t)((gv_clock_tick() - began) / 1000000);
	return r;
}

void
gv_component_trial_release(struct gv_component_trial *trial)
{
	free(trial->detail);
	trial->detail = NULL;
}

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "recover/recover_internal.h"
#include "sys/env.h"

static int
ask_command(struct gv_recover_job *job, const struct gv_plan_probe *p)
{
	int status, r;

	r = gv_recover_spawn(&status, job, &p->command, job->s.dir, NULL);
	if (r < 0 || status == 0)
		return r < 0 ? r : 1;
	if (status < 0)
		return 0;
	job->status = status;
	return gv_recover_fail(job, "the check %s ended with status %d",
	    p->command.argv ? p->command.argv[0] : "of line shell", status);
}

static int
ask_file(struct gv_recover_job *job, const struct gv_plan_probe *p)
{
	const int is = gv_recover_file_is(job, p->subject);

	if (is != 0 || job->result != GV_PLAN_PASSED)
		return is;
	return gv_recover_fail(job, "there is no file '%s'", p->subject);
}

/* What a value is stays here: it may be a secret. */
static int
ask_key(struct gv_recover_job *job, const struct gv_plan_probe *p)
{
	struct gv_buf value = GV_BUF_INIT;
	int r = gv_recover_key_get(&value, job, p->subject, p->key);

	if (r > 0 && p->expect &&
	    (value.len != strlen(p->expect) ||
		memcmp(value.p, p->expect, value.len) != 0))
		r = gv_recover_fail(job,
		    "'%s' in %s has another value than it should", p->key,
		    p->subject);
	gv_buf_release(&value);
	return r;
}

/* The checks that the policy has for the known-good records of an environment.
 */
static int
ask_good(struct gv_recover_job *job, const struct gv_plan_probe *p)
{
	const char *const args[] = { "good", "check", p->subject, NULL };
	struct gv_answer answer;
	int r = gv_recover_ask(&answer, job, args);

	if (r < 0)
		r = gv_recover_fail_by(job, r);
	else
		r = answer.status ? gv_recover_fail_as(job, &answer, args) : 1;
	gv_answer_release(&answer);
	return r;
}

static int
ask_variable(struct gv_recover_job *job, const struct gv_plan_probe *p)
{
	const size_t len = strlen(p->subject);
	size_t i;

	for (i = 0; job->env[i]; i++)
		if (strncmp(job->env[i], p->subject, len) == 0 &&
		    job->env[i][len] == '=')
			return 1;
	if (gv_env_is_set(p->subject))
		return 1;
	return gv_recover_fail(
	    job, "the variable %s of the environment is not set", p->subject);
}

int
gv_recover_probe(struct gv_recover_job *job, const struct gv_plan_probe *p)
{
	switch (p->kind) {
	case GV_PLAN_PROBE_COMMAND:
		return ask_command(job, p);
	case GV_PLAN_PROBE_FILE:
		return ask_file(job, p);
	case GV_PLAN_PROBE_KEY:
		return ask_key(job, p);
	case GV_PLAN_PROBE_GOOD:
		return ask_good(job, p);
	case GV_PLAN_PROBE_VARIABLE:
		return ask_variable(job, p);
	default:
		return gv_recover_probe_net(job, p);
	}
}

#include "job/scheduler.h"

#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/section.h"
#include "crypto/sha.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "sys/program.h"

const char *const gv_scheduler_kinds[GV_SCHEDULER_KINDS + 1] = { "systemd",
	"crontab", "launchd", "schtasks", NULL };

#define TIMEOUT_MS 30000
#define FILE_MAX   ((size_t)1024 * 1024)
#define TASK       "git-vault-schedule"
#define AGENT      "Library/LaunchAgents/org.git-vault.schedule.plist"

/* ---- programs ------------------------------------------------------------ */

/* Run a program of a scheduler, words[0], with bytes as its input. Its exit
 * status with what it printed appended; GV_ENOTFOUND where there is none. */
static int
call(struct gv_buf *out, const struct gv_scheduler_opts *o,
    const char *const *words, const struct gv_buf *in)
{
	static const char *const env[] = { "LC_ALL=C", NULL };
	const char *argv[8] = { NULL };
	struct gv_buf path = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	size_t i;
	int r = gv_program_find(&path, words[0], &o->shut, o->shut != NULL);

	for (i = 1; words[i]; i++)
		argv[i] = words[i];
	argv[0] = path.p;
	if (r == 0)
		r = gv_proc_run(&p,
		    &(struct gv_proc_opts){ .argv = argv,
			.env = env,
			.in = in && in->len ? in->p : NULL,
			.in_len = in ? in->len : 0,
			.timeout_ms = TIMEOUT_MS,
			.most = FILE_MAX });
	if (r == 0) {
		r = p.status;
		if (out)
			gv_buf_add(out, p.out.p, p.out.len);
		if (r)
			(void)gv_err(GV_ERROR, "%s failed: %s", words[0],
			    gv_proc_why(&p));
	}
	gv_proc_release(&p);
	gv_buf_release(&path);
	return r;
}

/* The same, where anything but success is a failure. */
static int
demand(const struct gv_scheduler_opts *o, const char *const *words,
    const struct gv_buf *in)
{
	int r = call(NULL, o, words, in);

	return r > 0 ? GV_ERROR : r;
}

/* ---- files --------------------------------------------------------------- */

/* Below $XDG_CONFIG_HOME; of launchd below the home. */
static int
find_file(struct gv_buf *out, const char *name)
{
	int r;

	if (strcmp(name, AGENT) == 0)
		r = gv_env_expand(out, "~/" AGENT);
	else
		r = gv_env_config_file(out, name);
	if (r < 0)
		return gv_err(GV_ERROR,
		    "there is no home directory, so there is no place for the "
		    "schedule; set HOME");
	return gv_buf_check(out);
}

/* 1: it is ours; 0: there is none; GV_EREFUSED: it is somebody else's. */
static int
look_at(const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_file_read(&text, AT_FDCWD, path, FILE_MAX);

	if (r == 0)
		r = text.len && strstr(text.p, GV_JOB_UNIT_MARK)
		    ? 1
		    : gv_err(GV_EREFUSED,
			  "%s was not written by git-vault, so it stays; move "
			  "it away first",
			  path);
	gv_buf_release(&text);
	return r == GV_ENOTFOUND ? 0 : r;
}

static int
write_file(const char *path, const struct gv_buf *text)
{
	struct gv_buf dir = GV_BUF_INIT;
	int r = look_at(path);

	if (r < 0)
		return r;
	gv_buf_add(&dir, path, (size_t)(strrchr(path, '/') - path));
	if ((r = gv_buf_check(&dir)) == 0 &&
	    (r = gv_file_mkdirs(AT_FDCWD, dir.p, 0777)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path, text->p, text->len, 0644, false);
	gv_buf_release(&dir);
	return r;
}

/* Write a text; *path is its file. */
static int
put(struct gv_buf *path, const char *name,
    int (*text_of)(struct gv_buf *out, const struct gv_job_unit *unit),
    const struct gv_job_unit *unit)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = find_file(path, name);

	if (r == 0 && (r = text_of(&text, unit)) == 0)
		r = write_file(path->p, &text);
	gv_buf_release(&text);
	return r;
}

/* Remove a file that git-vault wrote: 1; 0 where there is none. */
static int
take_away(const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = find_file(&path, name);

	if (r == 0 && (r = look_at(path.p)) == 1)
		r = gv_file_remove_tree(AT_FDCWD, path.p);
	else if (r == GV_EREFUSED)
		r = 0;
	else
		goto out;
	r = r < 0 ? r : 1;
out:
	gv_buf_release(&path);
	return r;
}

/* ---- systemd ------------------------------------------------------------- */

#define SERVICE "systemd/user/git-vault@.service"
#define TIMER   "systemd/user/git-vault@.timer"

static const char *const instances[GV_JOB_PERIODS] = { "git-vault@hourly.timer",
	"git-vault@daily.timer", "git-vault@weekly.timer" };

static bool
has_systemd(const struct gv_scheduler_opts *o)
{
	static const char *const words[] = { "systemctl", "--user",
		"show-environment", NULL };

	return call(NULL, o, words, NULL) == 0;
}

static int
reload(const struct gv_scheduler_opts *o)
{
	static const char *const words[] = { "systemctl", "--user",
		"daemon-reload", NULL };

	return demand(o, words, NULL);
}

static bool
is_enabled(const struct gv_scheduler_opts *o, const char *instance)
{
	const char *const words[] = { "systemctl", "--user", "is-enabled",
		"--quiet", instance, NULL };

	return call(NULL, o, words, NULL) == 0;
}

/* Except one; GV_JOB_PERIODS excepts none. */
static void
disable_all(const struct gv_scheduler_opts *o, enum gv_job_period but)
{
	int i;

	for (i = 0; i < GV_JOB_PERIODS; i++) {
		const char *const disable[] = { "systemctl", "--user",
			"disable", "--now", instances[i], NULL };

		/* without systemd nothing is enabled */
		if (i != (int)but)
			(void)call(NULL, o, disable, NULL);
	}
}

static int
start_systemd(struct gv_buf *file, const struct gv_scheduler_opts *o,
    const struct gv_job_unit *unit)
{
	const char *const enable[] = { "systemctl", "--user", "enable", "--now",
		instances[unit->period], NULL };
	struct gv_buf service = GV_BUF_INIT;
	int r;

	if ((r = put(&service, SERVICE, gv_job_unit_service, unit)) == 0 &&
	    (r = put(file, TIMER, gv_job_unit_timer, unit)) == 0 &&
	    (r = reload(o)) == 0 && (r = demand(o, enable, NULL)) == 0)
		disable_all(o, unit->period);
	gv_buf_release(&service);
	return r;
}

/* Whether a file of that name is there and ours. */
static int
has_file(const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = find_file(&path, name);

	r = r < 0 ? r : look_at(path.p) == 1;
	gv_buf_release(&path);
	return r;
}

/* Either file alone is what a stop that was cut off leaves. */
static int
stop_systemd(const struct gv_scheduler_opts *o)
{
	const int timer = has_file(TIMER), service = has_file(SERVICE);
	int r, s;

	if (timer < 0 || service < 0)
		return timer < 0 ? timer : service;
	if (!timer && !service)
		return 0;
	disable_all(o, GV_JOB_PERIODS);
	r = take_away(TIMER);
	s = take_away(SERVICE);
	if (r < 0 || s < 0)
		return r < 0 ? r : s;
	(void)reload(o);
	return 1;
}

static int
look_systemd(struct gv_scheduler_place *out, const struct gv_scheduler_opts *o)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = find_file(&path, TIMER), i;

	if (r == 0 && look_at(path.p) == 1)
		for (i = 0; i < GV_JOB_PERIODS && out->kind < 0; i++)
			if (is_enabled(o, instances[i])) {
				out->kind = GV_SCHEDULER_SYSTEMD;
				out->period = (enum gv_job_period)i;
				gv_buf_addstr(&out->file, path.p);
			}
	gv_buf_release(&path);
	return r < 0 ? r : gv_buf_check(&out->file);
}

/* ---- crontab ------------------------------------------------------------- */

/* Whether it failed because there is no table: the words of cron and of
 * BusyBox. */
static bool
says_none(const char *words)
{
	return strstr(words, "no crontab") ||
	    strstr(words, "No such file or directory");
}

/* The table as it is, "" without one. 0; GV_ENOTFOUND without crontab;
 * GV_EREFUSED where it cannot be read, and writing one would lose it. */
static int
read_table(struct gv_buf *out, const struct gv_scheduler_opts *o)
{
	static const char *const list[] = { "crontab", "-l", NULL };
	int r = call(out, o, list, NULL);

	if (r < 0)
		return r;
	if (r > 0 && !says_none(gv_err_message()))
		return gv_err_in(GV_EREFUSED, "the crontab is left as it is");
	if (r > 0)
		gv_buf_reset(out);
	else if (out->len && memchr(out->p, '\0', out->len))
		return gv_err(GV_EREFUSED,
		    "the crontab is left as it is: it has a zero byte");
	return gv_buf_check(out);
}

/* One that cannot be read has no part of git-vault, as far as anybody knows. */
static int
without_table(int r)
{
	return r == GV_ENOTFOUND || r == GV_EREFUSED ? 0 : r;
}

static int
write_table(const struct gv_scheduler_opts *o, const struct gv_buf *text)
{
	static const char *const write[] = { "crontab", "-", NULL };
	static const char *const remove[] = { "crontab", "-r", NULL };

	return demand(o, text->len ? write : remove, text);
}

static int
start_crontab(const struct gv_scheduler_opts *o, const struct gv_job_unit *unit)
{
	struct gv_buf old = GV_BUF_INIT, part = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	if ((r = read_table(&old, o)) == 0 &&
	    (r = gv_job_unit_cron(&part, unit)) == 0 &&
	    (r = gv_section_replace(&text, old.p, GV_JOB_UNIT_BEGIN,
		 GV_JOB_UNIT_END, part.p)) == 0)
		r = write_table(o, &text);
	gv_buf_release(&old);
	gv_buf_release(&part);
	gv_buf_release(&text);
	return r;
}

static bool
has_part(const struct gv_buf *table)
{
	return strstr(table->p, GV_JOB_UNIT_BEGIN) &&
	    strstr(table->p, GV_JOB_UNIT_END);
}

static int
stop_crontab(const struct gv_scheduler_opts *o)
{
	struct gv_buf old = GV_BUF_INIT, text = GV_BUF_INIT;
	int r = read_table(&old, o);

	if (r == 0 && has_part(&old)) {
		r = gv_section_replace(
		    &text, old.p, GV_JOB_UNIT_BEGIN, GV_JOB_UNIT_END, NULL);
		if (r == 0)
			r = write_table(o, &text);
		r = r < 0 ? r : 1;
	}
	gv_buf_release(&old);
	gv_buf_release(&text);
	return without_table(r);
}

/* The period by the fields of the entry: "M * *", "M H * * *", "M H * * D". */
static enum gv_job_period
period_of(const char *table)
{
	const char *p = strstr(table, GV_JOB_UNIT_BEGIN);
	unsigned field = 0, numbers = 0;

	p += strlen(GV_JOB_UNIT_BEGIN);
	p += strcspn(p, "\n"); /* the comment */
	for (p += *p == '\n'; *p && field < 5; field++) {
		numbers += *p >= '0' && *p <= '9';
		p += strcspn(p, " \n");
		p += *p == ' ';
	}
	return numbers >= 3 ? GV_JOB_WEEKLY
	    : numbers == 2  ? GV_JOB_DAILY
			    : GV_JOB_HOURLY;
}

static int
look_crontab(struct gv_scheduler_place *out, const struct gv_scheduler_opts *o)
{
	struct gv_buf table = GV_BUF_INIT;
	int r = read_table(&table, o);

	if (r == 0 && has_part(&table)) {
		out->kind = GV_SCHEDULER_CRONTAB;
		out->period = period_of(table.p);
	}
	gv_buf_release(&table);
	return without_table(r);
}

/* ---- launchd and schtasks ------------------------------------------------ */

#define TASK_FILE "git-vault/schedule.xml"

static int
start_launchd(struct gv_buf *file, const struct gv_scheduler_opts *o,
    const struct gv_job_unit *unit)
{
	int r = put(file, AGENT, gv_job_unit_launchd, unit);
	const char *const unload[] = { "launchctl", "unload", file->p, NULL };
	const char *const load[] = { "launchctl", "load", "-w", file->p, NULL };

	if (r < 0)
		return r;
	(void)call(NULL, o, unload, NULL); /* an older one */
	return demand(o, load, NULL);
}

static int
stop_launchd(const struct gv_scheduler_opts *o)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = find_file(&path, AGENT);

	if (r == 0 && look_at(path.p) == 1) {
		const char *const unload[] = { "launchctl", "unload", "-w",
			path.p, NULL };

		(void)call(NULL, o, unload, NULL);
		r = take_away(AGENT);
	}
	gv_buf_release(&path);
	return r;
}

static int
start_task(struct gv_buf *file, const struct gv_scheduler_opts *o,
    const struct gv_job_unit *unit)
{
	int r = put(file, TASK_FILE, gv_job_unit_task, unit);
	const char *const create[] = { "schtasks", "/create", "/f", "/tn", TASK,
		"/xml", file->p, NULL };

	return r < 0 ? r : demand(o, create, NULL);
}

static int
stop_task(const struct gv_scheduler_opts *o)
{
	static const char *const remove[] = { "schtasks", "/delete", "/f",
		"/tn", TASK, NULL };
	struct gv_buf path = GV_BUF_INIT;
	int r = find_file(&path, TASK_FILE);

	if (r == 0 && look_at(path.p) == 1) {
		(void)call(NULL, o, remove, NULL);
		r = take_away(TASK_FILE);
	}
	gv_buf_release(&path);
	return r;
}

/* Their files alone say that they are installed. The period is in the text. */
static int
look_file(struct gv_scheduler_place *out, const char *name, int kind)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r = find_file(&path, name);

	if (r == 0 && look_at(path.p) == 1 &&
	    gv_file_read(&text, AT_FDCWD, path.p, FILE_MAX) == 0) {
		out->kind = kind;
		out->period = strstr(text.p, "Week") ? GV_JOB_WEEKLY
		    : strstr(text.p, "PT1H") ||
			(kind == GV_SCHEDULER_LAUNCHD &&
			    strstr(text.p, "<key>Hour</key>") == NULL)
		    ? GV_JOB_HOURLY
		    : GV_JOB_DAILY;
		gv_buf_addstr(&out->file, path.p);
	}
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r < 0 ? r : gv_buf_check(&out->file);
}

/* ---- which --------------------------------------------------------------- */

static bool
has_program(const struct gv_scheduler_opts *o, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	const bool is =
	    gv_program_find(&path, name, &o->shut, o->shut != NULL) == 0;

	gv_buf_release(&path);
	return is;
}

static int
choose(const struct gv_scheduler_opts *o)
{
	if (o->with >= 0)
		return o->with;
	if (has_program(o, "launchctl"))
		return GV_SCHEDULER_LAUNCHD;
	if (has_systemd(o))
		return GV_SCHEDULER_SYSTEMD;
	if (has_program(o, "crontab"))
		return GV_SCHEDULER_CRONTAB;
	if (has_program(o, "schtasks"))
		return GV_SCHEDULER_SCHTASKS;
	return gv_err(GV_EREFUSED,
	    "there is no scheduler here: neither systemd of this user nor "
	    "crontab\nhint: git vault -A schedule run, from a program that "
	    "runs each hour");
}

/* A minute, an hour and a day that another user or host does not have. */
static void
spread(unsigned char out[3])
{
	unsigned char sum[GV_SHA_BYTES];
	char host[256], user[256];
	struct gv_buf text = GV_BUF_INIT;

	gv_env_host(host, sizeof(host));
	gv_env_user(user, sizeof(user));
	gv_buf_addf(&text, "%s\n%s", user, host);
	gv_sha_sum(sum, text.p, text.len);
	memcpy(out, sum, 3);
	gv_buf_release(&text);
}

void
gv_scheduler_place_release(struct gv_scheduler_place *place)
{
	if (place)
		gv_buf_release(&place->file);
}

static int (*const stops[GV_SCHEDULER_KINDS])(
    const struct gv_scheduler_opts *o) = { stop_systemd, stop_crontab,
	stop_launchd, stop_task };

/* All kinds but one; -1: all. A failure of one keeps none of the others. */
static int
stop_all(bool *out, const struct gv_scheduler_opts *o, int but)
{
	int i, r, failed = 0;

	*out = false;
	for (i = 0; i < GV_SCHEDULER_KINDS; i++) {
		if (i == but)
			continue;
		r = stops[i](o);
		*out |= r > 0;
		if (r < 0)
			failed = r;
	}
	return failed;
}

static int
start(struct gv_buf *file, int kind, const struct gv_scheduler_opts *o,
    const struct gv_job_unit *unit)
{
	int r = kind == GV_SCHEDULER_SYSTEMD ? start_systemd(file, o, unit)
	    : kind == GV_SCHEDULER_CRONTAB   ? start_crontab(o, unit)
	    : kind == GV_SCHEDULER_LAUNCHD   ? start_launchd(file, o, unit)
					     : start_task(file, o, unit);

	return r == GV_ENOTFOUND ? gv_err(GV_EREFUSED, "there is no %s here",
				       gv_scheduler_kinds[kind])
				 : r;
}

/* The files of one that did not start, unless it ran before. */
static void
clear(const struct gv_scheduler_opts *o, int kind, int was)
{
	char *saved = gv_err_save();

	if (kind != was)
		(void)stops[kind](o);
	gv_err_restore(saved);
}

int
gv_scheduler_start(
    struct gv_scheduler_place *out, const struct gv_scheduler_opts *o)
{
	struct gv_job_unit unit = { .program = o->program,
		.config = gv_env_get("XDG_CONFIG_HOME"),
		.period = o->period };
	struct gv_scheduler_place was;
	bool stopped;
	int r, kind = choose(o);

	*out = (struct gv_scheduler_place)GV_SCHEDULER_PLACE_INIT;
	if (kind < 0)
		return kind;
	spread(unit.spread);
	r = gv_scheduler_look(&was, o);
	if (r == 0 && (r = start(&out->file, kind, o, &unit)) < 0)
		clear(o, kind, was.kind);
	gv_scheduler_place_release(&was);
	/* one place at a time, and always one */
	if (r < 0 || (r = stop_all(&stopped, o, kind)) < 0)
		return r;
	out->kind = kind;
	out->period = o->period;
	return 0;
}

int
gv_scheduler_stop(bool *out, const struct gv_scheduler_opts *o)
{
	return stop_all(out, o, -1);
}

int
gv_scheduler_look(
    struct gv_scheduler_place *out, const struct gv_scheduler_opts *o)
{
	int r;

	*out = (struct gv_scheduler_place)GV_SCHEDULER_PLACE_INIT;
	if ((r = look_systemd(out, o)) < 0 || out->kind >= 0)
		return r;
	if ((r = look_file(out, AGENT, GV_SCHEDULER_LAUNCHD)) < 0 ||
	    out->kind >= 0)
		return r;
	if ((r = look_file(out, TASK_FILE, GV_SCHEDULER_SCHTASKS)) < 0 ||
	    out->kind >= 0)
		return r;
	return look_crontab(out, o);
}

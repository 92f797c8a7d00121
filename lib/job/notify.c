#include "job/notify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "crypto/sha.h"
#include "format/canon.h"
#include "good/approval_want.h"
#include "job/notify_secret.h"
#include "repo/config.h"

#define PREFIX "vault.notify."

const char *const gv_notify_ways[GV_NOTIFY_WAYS + 1] = { "ping", "webhook",
	"chat", "mail", NULL };

const char *const gv_notify_events[] = { "run", "rpo", "verify", "drill",
	"behind", "drift", "config", "approval", "key", "consent", "health",
	NULL };

/* ---- targets ------------------------------------------------------------- */

static struct gv_notify_target *
target_of(struct gv_notify_targets *all, const char *name, size_t len)
{
	struct gv_notify_target *one;
	size_t i;

	for (i = 0; i < all->n; i++)
		if (strlen(all->items[i].name) == len &&
		    memcmp(all->items[i].name, name, len) == 0)
			return &all->items[i];
	if (GV_GROW(all->items, all->n, all->cap) < 0)
		return NULL;
	one = &all->items[all->n];
	*one = (struct gv_notify_target){ .way = GV_NOTIFY_WAYS,
		.name = gv_arena_copy(&all->arena, name, len) };
	if (one->name == NULL)
		return NULL;
	all->n++;
	return one;
}

static bool
is_in(const char *const *list, const char *word)
{
	for (; *list; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

static void
add(const char **list, size_t *n, struct gv_notify_target *one,
    const char *value)
{
	if (*n == GV_NOTIFY_LIST)
		one->wrong = "has too many values of one key";
	else
		list[(*n)++] = value;
}

static void
take(struct gv_notify_target *one, const char *key, const char *value)
{
	int i;

	if (strcmp(key, "url") == 0) {
		one->url = value;
	} else if (strcmp(key, "to") == 0) {
		one->to = value;
	} else if (strcmp(key, "keyfile") == 0) {
		one->key_file = value;
	} else if (strcmp(key, "urlsecret") == 0) {
		one->url_secret = value;
	} else if (strcmp(key, "keysecret") == 0) {
		one->key_secret = value;
	} else if (strcmp(key, "environment") == 0) {
		add(one->envs, &one->n_envs, one, value);
	} else if (strcmp(key, "job") == 0) {
		add(one->jobs, &one->n_jobs, one, value);
	} else if (strcmp(key, "event") == 0) {
		add(one->events, &one->n_events, one, value);
		if (!is_in(gv_notify_events, value))
			one->wrong = "names an event that there is not";
	} else if (strcmp(key, "type") == 0) {
		for (i = 0; i < GV_NOTIFY_WAYS; i++)
			if (strcmp(value, gv_notify_ways[i]) == 0)
				break;
		one->way = (enum gv_notify_way)i;
	} else {
		one->wrong = "has a key that there is not";
	}
}

/* A header of a mail ends where its line does. */
static bool
is_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static void
check_secrets(struct gv_notify_target *one)
{
	if (one->url && one->url_secret)
		one->wrong = "has both url and urlSecret";
	else if (one->key_file && one->key_secret)
		one->wrong = "has both keyFile and keySecret";
	else if ((one->url_secret && !gv_notify_secret_is(one->url_secret)) ||
	    (one->key_secret && !gv_notify_secret_is(one->key_secret)))
		one->wrong =
		    "names no secret: SCOPE/ID with all digits of the id";
}

static void
check(struct gv_notify_target *one)
{
	if (one->wrong == NULL)
		check_secrets(one);
	if (one->wrong)
		return;
	if (one->way == GV_NOTIFY_WAYS)
		one->wrong = "needs a type: ping, webhook, chat or mail";
	else if (one->way == GV_NOTIFY_MAIL)
		one->wrong = one->to && *one->to && is_line(one->to)
		    ? NULL
		    : "needs an address: to";
	else if (one->url_secret == NULL &&
	    (one->url == NULL || *one->url == '\0'))
		one->wrong = "needs an address: url or urlSecret";
}

int
gv_notify_read(struct gv_notify_targets *out, const struct gv_config *config)
{
	struct gv_notify_target *one;
	const char *name, *dot;
	size_t i;

	*out = (struct gv_notify_targets){ .arena = GV_ARENA_INIT };
	for (i = 0; i < config->n; i++) {
		const struct gv_config_entry *e = &config->entries[i];

		if (strncmp(e->key, PREFIX, strlen(PREFIX)) != 0)
			continue;
		name = e->key + strlen(PREFIX);
		dot = strrchr(name, '.');
		if (dot == NULL || dot == name)
			continue;
		one = target_of(out, name, (size_t)(dot - name));
		if (one == NULL)
			return gv_err_nomem();
		take(one, dot + 1, e->value ? e->value : "");
	}
	for (i = 0; i < out->n; i++)
		check(&out->items[i]);
	return 0;
}

void
gv_notify_release(struct gv_notify_targets *targets)
{
	free(targets->items);
	gv_arena_release(&targets->arena);
	memset(targets, 0, sizeof(*targets));
}

static bool
has(const char *const *list, size_t n, const char *word)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (word && strcmp(list[i], word) == 0)
			return true;
	return n == 0;
}

bool
gv_notify_wants(const struct gv_notify_target *t,
    const struct gv_notify_condition *condition)
{
	return t->wrong == NULL && t->way != GV_NOTIFY_PING &&
	    has(t->events, t->n_events, condition->event) &&
	    has(t->envs, t->n_envs, condition->env) &&
	    (t->n_envs || !condition->is_narrow);
}

bool
gv_notify_is_wanted(const struct gv_notify_targets *targets, const char *event)
{
	const struct gv_notify_target *t = targets->items;
	size_t i;

	for (i = 0; i < targets->n; i++, t++)
		if (t->wrong == NULL && t->way != GV_NOTIFY_PING &&
		    has(t->events, t->n_events, event))
			return true;
	return false;
}

size_t
gv_notify_limited(const char *out[GV_NOTIFY_LIST],
    const struct gv_notify_targets *targets, const char *event)
{
	const struct gv_notify_target *t = targets->items;
	size_t i, k, n = 0;

	for (i = 0; i < targets->n; i++, t++)
		for (k = 0; t->wrong == NULL && t->way != GV_NOTIFY_PING &&
		     has(t->events, t->n_events, event) && k < t->n_envs &&
		     n < GV_NOTIFY_LIST;
		     k++)
			if (n == 0 || !has(out, n, t->envs[k]))
				out[n++] = t->envs[k];
	return n;
}

bool
gv_notify_wants_ping(
    const struct gv_notify_target *t, const struct gv_job_run *run)
{
	return t->wrong == NULL && t->way == GV_NOTIFY_PING &&
	    has(t->jobs, t->n_jobs, run->job) &&
	    has(t->envs, t->n_envs, run->env);
}

/* ---- what is new --------------------------------------------------------- */

static int
decide(struct gv_notify_news *out, bool *is, struct gv_job_state *state,
    const struct gv_notify_condition *c, const char *key, int64_t now)
{
	const struct gv_job_told *told = gv_job_state_told(state, key);

	*is = false;
	*out = (struct gv_notify_news){ .about = c,
		.since = told ? told->since : now };
	if (!c->is_bad) {
		*is = told != NULL;
		out->change = GV_NOTIFY_ENDS;
		gv_job_state_forget(state, key);
		return 0;
	}
	if (c->is_once && told)
		return 0;
	/* a clock that was set back must not silence it for long */
	if (told && told->time <= now && now - told->time < GV_NOTIFY_AGAIN)
		return 0;
	*is = true;
	out->change = told ? GV_NOTIFY_LASTS : GV_NOTIFY_BEGINS;
	return gv_job_state_tell(state, key, now);
}

/* The subject of an approval has the time since which it is waited for. */
static bool
is_past(const struct gv_job_told *told, int64_t now)
{
	const char *subject = strchr(told->key, ' ');
	const char *time = strrchr(told->key, ':');

	if (subject == NULL)
		return false;
	if (strncmp(subject + 1, "once:", 5) == 0)
		return now - told->time > GV_NOTIFY_ONCE;
	return strncmp(subject + 1, "wanted:", 7) == 0 &&
	    now - strtoll(time + 1, NULL, 10) > GV_APPROVAL_WANT_LASTS;
}

void
gv_notify_forget_past(struct gv_job_state *state, int64_t now)
{
	size_t i = 0;

	while (i < state->n_told)
		if (is_past(&state->told[i], now))
			gv_job_state_forget(state, state->told[i].key);
		else
			i++;
}

int
gv_notify_decide(struct gv_notify_news *out, size_t *n_out,
    struct gv_job_state *state, const struct gv_notify_condition *conditions,
    size_t n, int64_t now)
{
	struct gv_buf key = GV_BUF_INIT;
	bool is;
	size_t i;
	int r = 0;

	*n_out = 0;
	for (i = 0; r == 0 && i < n; i++) {
		gv_buf_reset(&key);
		gv_buf_addf(
		    &key, "%s %s", conditions[i].event, conditions[i].subject);
		if ((r = gv_buf_check(&key)) == 0)
			r = decide(&out[*n_out], &is, state, &conditions[i],
			    key.p, now);
		*n_out += r == 0 && is;
	}
	gv_buf_release(&key);
	return r;
}

/* ---- what is sent -------------------------------------------------------- */

int
gv_notify_ping(struct gv_buf *out, const char *url,
    const struct gv_job_run *run, bool ended)
{
	const size_t path = strcspn(url, "?");
	unsigned char sum[GV_SHA_BYTES];
	char hex[2 * GV_SHA_BYTES + 1];

	gv_buf_add(out, url, path);
	if (!ended)
		gv_buf_addstr(out, "/start");
	else if (run->is_canceled)
		gv_buf_addstr(out, "/fail");
	else if (run->status != GV_JOB_SUCCESS)
		gv_buf_addf(
		    out, "/%d", run->exit & 0xff ? run->exit & 0xff : 1);
	/* a number that pairs the two, in the form of a UUID */
	gv_sha_sum(sum, run->id, strlen(run->id));
	sum[6] = (sum[6] & 0x0f) | 0x40;
	sum[8] = (sum[8] & 0x3f) | 0x80;
	gv_enc_hex(hex, sum, sizeof(sum));
	gv_buf_addf(out, "%s%srid=%.8s-%.4s-%.4s-%.4s-%.12s",
	    url[path] ? url + path : "?", url[path] ? "&" : "", hex, hex + 8,
	    hex + 12, hex + 16, hex + 20);
	return gv_buf_check(out);
}

static const char *const states[] = { [GV_NOTIFY_BEGINS] = "failed",
	[GV_NOTIFY_LASTS] = "reminder",
	[GV_NOTIFY_ENDS] = "ok" };

static void
add_head(struct gv_buf *out, const struct gv_notify_news *news,
    const char *repository)
{
	const struct gv_notify_condition *c = news->about;

	gv_buf_addf(out, "[git-vault] %s%s%s: %s%s", repository,
	    c->env ? " " : "", c->env ? c->env : "",
	    news->change == GV_NOTIFY_ENDS        ? "ok again: "
		: news->change == GV_NOTIFY_LASTS ? "still: "
						  : "",
	    c->text);
}

static void
put_webhook(struct gv_buf *out, const struct gv_notify_news *news,
    const char *repository, int64_t now)
{
	struct gv_canon c = { .out = out };

	gv_canon_map(&c, NULL);
	gv_canon_text(&c, "command", news->about->command);
	gv_canon_text(&c, "environment", news->about->env);
	gv_canon_text(&c, "event", news->about->event);
	gv_canon_text(&c, "repository", repository);
	gv_canon_number(&c, "schema", 1);
	gv_canon_text(
	    &c, "severity", news->change == GV_NOTIFY_ENDS ? "info" : "error");
	gv_canon_time(&c, "since_time", news->since);
	gv_canon_text(&c, "state", states[news->change]);
	gv_canon_text(&c, "subject", news->about->subject);
	gv_canon_text(&c, "text", news->about->text);
	gv_canon_time(&c, "time", now);
	gv_canon_end(&c);
}

static void
put_chat(struct gv_buf *out, const struct gv_notify_news *news,
    const char *repository)
{
	struct gv_buf text = GV_BUF_INIT, safe = GV_BUF_INIT;
	struct gv_canon c = { .out = out };

	add_head(&text, news, repository);
	if (news->about->command && news->change != GV_NOTIFY_ENDS)
		gv_buf_addf(&text, "\n%s", news->about->command);
	/* a chat reads <!channel> as a call to all, and a text may have names
	 * that somebody else chose */
	gv_enc_xml(&safe, text.p);
	gv_canon_map(&c, NULL);
	gv_canon_text(&c, "text", safe.p);
	gv_canon_end(&c);
	out->failed |= text.failed || safe.failed;
	gv_buf_release(&text);
	gv_buf_release(&safe);
}

/* A subject is one line of printable characters. */
static void
put_mail(struct gv_buf *out, const struct gv_notify_target *t,
    const struct gv_notify_news *news, const char *repository)
{
	struct gv_buf head = GV_BUF_INIT;
	char since[GV_TIME_MAX], *p;

	add_head(&head, news, repository);
	for (p = head.p; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			*p = '?';
	gv_time_rfc3339(since, news->since);
	gv_buf_addf(out,
	    "To: %s\nSubject: %.200s\nAuto-Submitted: auto-generated\n"
	    "Content-Type: text/plain; charset=utf-8\n\n%s\n\n"
	    "repository: %s\nsince: %s\n",
	    t->to, head.p, news->about->text, repository, since);
	if (news->about->command && news->change != GV_NOTIFY_ENDS)
		gv_buf_addf(out, "to look: %s\n", news->about->command);
	out->failed |= head.failed;
	gv_buf_release(&head);
}

int
gv_notify_body(struct gv_buf *out, const struct gv_notify_target *t,
    const struct gv_notify_news *news, const char *repository, int64_t now)
{
	if (t->way == GV_NOTIFY_MAIL)
		put_mail(out, t, news, repository);
	else if (t->way == GV_NOTIFY_CHAT)
		put_chat(out, news, repository);
	else
		put_webhook(out, news, repository, now);
	return gv_buf_check(out);
}

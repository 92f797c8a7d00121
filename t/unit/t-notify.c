#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "format/unjson.h"
#include "good/approval_want.h"
#include "job/notify.h"
#include "job/notify_ask.h"
#include "job/notify_health.h"
#include "repo/config.h"

#define DAY ((int64_t)86400)

/* The listing of git, an entry each: scope, key and value. */
static void
read_targets(struct gv_notify_targets *out, struct gv_config *config,
    const char *const *pairs)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t len;

	for (; *pairs; pairs += 2) {
		gv_buf_addstr(&text, "global");
		gv_buf_addch(&text, '\0');
		gv_buf_addf(&text, "vault.notify.%s\n%s", pairs[0], pairs[1]);
		gv_buf_addch(&text, '\0');
	}
	len = text.len;
	assert_int_equal(
	    gv_config_parse(config, gv_buf_take(&text), len, false), 0);
	assert_int_equal(gv_notify_read(out, config), 0);
}

static void
targets_are_read_and_checked(void **state)
{
	static const char *const pairs[] = { "ops.type", "webhook", "ops.url",
		"https://a.example/x", "ops.event", "drill", "ops.event", "rpo",
		"ops.environment", "prod", "bad.type", "pigeon", "m.type",
		"mail", "m.to", "a@b.example\nBcc: c", "e.type", "chat",
		"e.url", "https://x.example", "e.event", "nothing", "u.type",
		"ping", NULL };
	struct gv_notify_targets t;
	struct gv_config config;
	struct gv_notify_condition c = { .event = "drill", .env = "prod" };

	(void)state;
	read_targets(&t, &config, pairs);
	assert_int_equal(t.n, 5);
	assert_null(t.items[0].wrong);
	assert_non_null(strstr(t.items[1].wrong, "needs a type"));
	assert_non_null(strstr(t.items[2].wrong, "to"));
	assert_non_null(strstr(t.items[3].wrong, "event"));
	assert_non_null(strstr(t.items[4].wrong, "url"));
	assert_true(gv_notify_wants(&t.items[0], &c));
	c.env = NULL; /* of no environment is not of that one */
	assert_false(gv_notify_wants(&t.items[0], &c));
	c.env = "prod";
	c.event = "run";
	assert_false(gv_notify_wants(&t.items[0], &c));
	/* what is wrong gets nothing */
	c.event = "nothing";
	assert_false(gv_notify_wants(&t.items[3], &c));
	gv_notify_release(&t);
	gv_config_release(&config);
}

static enum gv_notify_change
decide(struct gv_job_state *state, bool is_bad, int64_t now, size_t *n)
{
	const struct gv_notify_condition c = { .event = "run",
		.subject = "job:a",
		.text = "x",
		.is_bad = is_bad };
	struct gv_notify_news news = { .change = GV_NOTIFY_BEGINS };

	assert_int_equal(gv_notify_decide(&news, n, state, &c, 1, now), 0);
	return news.change;
}

static void
changes_are_reported_and_a_day_of_silence_is_not(void **state)
{
	struct gv_job_state s = { .n = 0 };
	size_t n;

	(void)state;
	(void)decide(&s, false, 1000, &n);
	assert_int_equal(n, 0);
	assert_int_equal(decide(&s, true, 2000, &n), GV_NOTIFY_BEGINS);
	assert_int_equal(n, 1);
	(void)decide(&s, true, 2000 + DAY - 1, &n);
	assert_int_equal(n, 0);
	assert_int_equal(decide(&s, true, 2000 + DAY, &n), GV_NOTIFY_LASTS);
	assert_int_equal(n, 1);
	(void)decide(&s, true, 2000 + DAY + 60, &n);
	assert_int_equal(n, 0);
	/* a clock that was set back */
	assert_int_equal(decide(&s, true, 500, &n), GV_NOTIFY_LASTS);
	assert_int_equal(decide(&s, false, 600, &n), GV_NOTIFY_ENDS);
	assert_int_equal(n, 1);
	(void)decide(&s, false, 700, &n);
	assert_int_equal(n, 0);
	gv_job_state_release(&s);
}

static void
a_ping_pairs_its_two_halves(void **state)
{
	struct gv_job_run run = { .id = "20261201T000000Z-00000001",
		.status = GV_JOB_FAILED,
		.exit = 128 };
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_notify_ping(&a, "https://p/u", &run, false), 0);
	assert_int_equal(gv_notify_ping(&b, "https://p/u", &run, true), 0);
	assert_int_equal(strncmp(a.p, "https://p/u/start?rid=", 22), 0);
	assert_int_equal(strncmp(b.p, "https://p/u/128?rid=", 20), 0);
	assert_string_equal(a.p + 22, b.p + 20);
	assert_int_equal(strlen(a.p + 22), 36);
	gv_buf_reset(&b);
	run.is_canceled = true;
	assert_int_equal(
	    gv_notify_ping(&b, "https://p/u?create=1", &run, true), 0);
	assert_int_equal(strncmp(b.p, "https://p/u/fail?create=1&rid=", 30), 0);
	gv_buf_reset(&b);
	run.is_canceled = false;
	run.status = GV_JOB_SUCCESS;
	assert_int_equal(gv_notify_ping(&b, "https://p/u", &run, true), 0);
	assert_int_equal(strncmp(b.p, "https://p/u?rid=", 16), 0);
	gv_buf_release(&a);
	gv_buf_release(&b);
}

static void
a_mail_has_no_header_of_somebody_else(void **state)
{
	const struct gv_notify_target t = { .way = GV_NOTIFY_MAIL,
		.to = "a@b.example" };
	const struct gv_notify_condition c = { .event = "run",
		.subject = "job:a",
		.text = "odd\nBcc: x\xc3\xa4",
		.is_bad = true };
	const struct gv_notify_news news = { .about = &c, .since = 100 };
	struct gv_buf body = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_notify_body(&body, &t, &news, "/r", 100), 0);
	assert_non_null(strstr(
	    body.p, "\nSubject: [git-vault] /r: odd?Bcc: x??\nAuto-Submitted"));
	assert_non_null(strstr(body.p, "\n\nodd\nBcc"));
	gv_buf_release(&body);
}

static void
a_chat_calls_nobody(void **state)
{
	const struct gv_notify_target t = { .way = GV_NOTIFY_CHAT };
	const struct gv_notify_condition c = {
		.event = "run", .subject = "job:a", .text = "<!channel> & \"x\""
	};
	const struct gv_notify_news news = { .about = &c,
		.change = GV_NOTIFY_ENDS };
	struct gv_buf body = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_notify_body(&body, &t, &news, "/r", 100), 0);
	assert_string_equal(body.p,
	    "{\"text\":\"[git-vault] /r: ok again: &lt;!channel&gt; &amp; "
	    "\\\"x\\\"\"}");
	gv_buf_release(&body);
}

static void
findings_become_events(void **state)
{
	(void)state;
	assert_string_equal(
	    gv_notify_health_event("drill_overdue", false), "drill");
	assert_string_equal(
	    gv_notify_health_event("policy_bad", true), "config");
	assert_string_equal(
	    gv_notify_health_event("anything_new", true), "health");
	/* as doctor_judge.c names them */
	assert_string_equal(
	    gv_notify_health_event("snapshots_unsent", false), "behind");
	assert_string_equal(
	    gv_notify_health_event("never_synced", false), "behind");
	assert_string_equal(
	    gv_notify_health_event("target_behind", false), "behind");
	assert_string_equal(
	    gv_notify_health_event("target_damaged", true), "verify");
	assert_string_equal(
	    gv_notify_health_event("copies_lacking", false), "behind");
	assert_string_equal(
	    gv_notify_health_event("no_snapshot", false), "rpo");
	assert_string_equal(
	    gv_notify_health_event("verified_long_ago", false), "verify");
	assert_null(gv_notify_health_event("anything_new", false));
}

#define ID     "0123456789abcdef0123456789abcdef01234567"
#define SECRET "ops/0123456789abcdef0123456789abcdef01234567"

static void
a_secret_is_named_by_scope_and_id(void **state)
{
	static const char *const pairs[] = { "a.type", "chat", "a.urlsecret",
		SECRET, "b.type", "chat", "b.urlsecret", "ops/0123", "c.type",
		"webhook", "c.urlsecret", SECRET, "c.url", "https://x.example",
		"d.type", "webhook", "d.url", "https://x.example",
		"d.keysecret", SECRET, "d.keyfile", "/k", "e.type", "webhook",
		"e.url", "https://x.example", "e.keysecret", ID, NULL };
	struct gv_notify_targets t;
	struct gv_config config;

	(void)state;
	read_targets(&t, &config, pairs);
	assert_int_equal(t.n, 5);
	assert_null(t.items[0].wrong);
	assert_non_null(strstr(t.items[1].wrong, "names no secret"));
	assert_non_null(strstr(t.items[2].wrong, "both url and urlSecret"));
	assert_non_null(strstr(t.items[3].wrong, "both keyFile"));
	assert_non_null(strstr(t.items[4].wrong, "names no secret"));
	assert_true(gv_notify_is_wanted(&t, "drift"));
	gv_notify_release(&t);
	gv_config_release(&config);
}

static const char *asked; /* the environment */

static int
ask(struct gv_notify_health *h,
    int (*take)(struct gv_notify_health *h, const struct gv_unjson_node *root,
	const char *env),
    const char *json)
{
	struct gv_unjson *doc = NULL;
	char *text = strdup(json);
	int r;

	assert_non_null(text);
	assert_int_equal(
	    gv_unjson_parse(&doc, "answer", text, strlen(text)), 0);
	r = take(h, gv_unjson_root(doc), asked);
	gv_unjson_free(doc);
	free(text);
	return r;
}

static void
what_other_commands_find_are_conditions(void **state)
{
	struct gv_notify_health h = { .n = 0 };

	(void)state;
	assert_int_equal(
	    ask(&h, gv_notify_ask_drift,
		"{\"comparisons\":[{\"left\":\"staging\",\"right\":\"prod\","
		"\"drift\":2},{\"left\":\"a\",\"right\":\"b\",\"drift\":0},"
		"{\"right\":\"c\",\"drift\":1},7]}"),
	    0);
	assert_int_equal(h.n, 1);
	assert_string_equal(h.items[0].event, "drift");
	assert_string_equal(h.items[0].env, "prod");
	assert_string_equal(h.items[0].subject, "staging..prod");
	assert_string_equal(h.items[0].command, "git vault drift staging prod");
	assert_int_equal(
	    ask(&h, gv_notify_ask_config,
		"{\"problems\":[{\"severity\":\"note\"},{\"severity\":"
		"\"error\",\"file\":\"a.yaml\",\"line\":3,\"text\":"
		"\"s3cret\"},{\"severity\":\"error\"}]}"),
	    0);
	assert_int_equal(h.n, 2);
	assert_string_equal(h.items[1].text,
	    "the configuration is invalid in 2 places, the first in a.yaml:3");
	assert_int_equal(ask(&h, gv_notify_ask_config,
			     "{\"problems\":[{\"severity\":\"unknown\"}]}"),
	    0);
	assert_int_equal(h.n, 2);
	/* a name of somebody else is no line of the file of states */
	assert_int_equal(
	    ask(&h, gv_notify_ask_certificates,
		"{\"findings\":[{\"rule\":\"cert/expiry\",\"message\":\"m\","
		"\"places\":[{\"path\":\"a\\nb.pem\",\"environment\":"
		"\"prod\"}]},{\"rule\":\"cycle\",\"places\":[{\"path\":"
		"\"x\"}]}]}"),
	    0);
	assert_int_equal(h.n, 3);
	assert_string_equal(h.items[2].event, "key");
	assert_string_equal(h.items[2].subject, "certificate:a?b.pem");
	assert_int_equal(
	    ask(&h, gv_notify_ask_refused,
		"{\"events\":[{\"event\":\"" ID "\",\"scopes\":[\"prod\"],"
		"\"target\":\"main\"}]}"),
	    0);
	assert_int_equal(h.n, 4);
	assert_true(h.items[3].is_once);
	assert_string_equal(h.items[3].env, "prod");
	assert_int_equal(ask(&h, gv_notify_ask_refused, "[]"), 0);
	assert_int_equal(ask(&h, gv_notify_ask_drift, "{}"), 0);
	assert_int_equal(h.n, 4);
	gv_notify_health_release(&h);
}

static void
a_part_of_a_run_is_of_its_own_environment(void **state)
{
	const struct gv_job_part parts[] = {
		{ .name = "orders", .env = "prod", .status = GV_JOB_SUCCESS },
		{ .name = "users",
		    .env = "dev",
		    .status = GV_JOB_FAILED,
		    .reason = "no server" },
		{ .name = "near", .status = GV_JOB_FAILED, .reason = "x" },
	};
	struct gv_job_run run = { .job = "dumps",
		.what = "components",
		.status = GV_JOB_PARTIAL,
		.reason = "users: no server",
		.parts = (struct gv_job_part *)parts,
		.n_parts = 3 };
	struct gv_notify_health h = { .n = 0 };

	(void)state;
	assert_int_equal(gv_notify_health_run(&h, &run), 0);
	assert_int_equal(h.n, 3);
	assert_null(h.items[0].env);
	assert_false(h.items[0].is_narrow);
	assert_string_equal(h.items[1].env, "prod");
	assert_false(h.items[1].is_bad);
	assert_true(h.items[1].is_narrow);
	assert_string_equal(h.items[2].subject, "job:dumps:users");
	assert_string_equal(
	    h.items[2].text, "dumps: the dump of users failed: no server");
	assert_true(h.items[2].is_bad);
	gv_notify_health_release(&h);
	/* the whole is of one environment, and its targets hear of it */
	run.env = "prod";
	h = (struct gv_notify_health){ .n = 0 };
	assert_int_equal(gv_notify_health_run(&h, &run), 0);
	assert_int_equal(h.n, 1);
	gv_notify_health_release(&h);
}

static void
what_has_happened_is_reported_once_and_has_no_end(void **state)
{
	const struct gv_notify_condition c = { .event = "approval",
		.subject = "once:1",
		.text = "x",
		.is_once = true,
		.is_bad = true };
	struct gv_notify_health h = { .n = 0 };
	struct gv_job_state s = { .n = 0 };
	struct gv_notify_news news;
	size_t n;

	(void)state;
	assert_int_equal(gv_notify_decide(&news, &n, &s, &c, 1, 1000), 0);
	assert_int_equal(n, 1);
	assert_int_equal(
	    gv_notify_decide(&news, &n, &s, &c, 1, 1000 + 2 * DAY), 0);
	assert_int_equal(n, 0);
	assert_int_equal(gv_notify_health_ended(&h, &s), 0);
	assert_int_equal(h.n, 0);
	gv_notify_forget_past(&s, 1000 + GV_NOTIFY_ONCE);
	assert_int_equal(s.n_told, 1);
	gv_notify_forget_past(&s, 1001 + GV_NOTIFY_ONCE);
	assert_int_equal(s.n_told, 0);
	/* nor has what could not be looked for */
	assert_int_equal(gv_job_state_tell(&s, "drift a..b", 1000), 0);
	h.blind[h.n_blind++] = "drift";
	assert_int_equal(gv_notify_health_ended(&h, &s), 0);
	assert_int_equal(h.n, 0);
	h.n_blind = 0;
	assert_int_equal(gv_notify_health_ended(&h, &s), 0);
	assert_int_equal(h.n, 1);
	assert_false(h.items[0].is_bad);
	gv_notify_health_release(&h);
	gv_job_state_release(&s);
}

static void
wanted_approvals_are_read_for_a_week(void **state)
{
	static const char text[] = "1000\t" ID "\tprod\tfor record 7\tgit x\n"
				   "1000\tshort\tprod\tw\tc\n"
				   "x\t" ID "\tprod\tw\tc\n"
				   "1000\t" ID "\tprod\tw\n"
				   "1000\t" ID "\tprod\tw\tc\td\n"
				   "9000\t" ID "\tprod\tw\tc\n"
				   "1000\t" ID "\tprod\tw\tc";
	struct gv_approval_wants list;

	(void)state;
	assert_int_equal(
	    gv_approval_want_read(&list, text, sizeof(text) - 1, 2000), 0);
	assert_int_equal(list.n, 1);
	assert_string_equal(list.items[0].env, "prod");
	assert_string_equal(list.items[0].what, "for record 7");
	assert_string_equal(list.items[0].approve, "git x");
	gv_approval_want_release(&list);
	assert_int_equal(gv_approval_want_read(
			     &list, text, sizeof(text) - 1, 1001 + 7 * DAY),
	    0);
	assert_int_equal(list.n, 1); /* the one of 9000 */
	gv_approval_want_release(&list);
	assert_int_equal(gv_approval_want_read(&list, NULL, 0, 1), 0);
	assert_int_equal(list.n, 0);
	gv_approval_want_release(&list);
}

static void
an_approval_that_lapses_is_no_news(void **state)
{
	static const char key[] = "approval wanted:0123456789ab:1000";
	struct gv_notify_health h = { .n = 0 };
	struct gv_job_state s = { .n = 0 };

	(void)state;
	assert_int_equal(gv_job_state_tell(&s, key, 5000), 0);
	assert_int_equal(gv_job_state_tell(&s, "approval wanted:", 5000), 0);
	gv_notify_forget_past(&s, 1000 + 7 * DAY);
	assert_non_null(gv_job_state_told(&s, key));
	/* it was used within the week: that is news */
	assert_int_equal(gv_notify_health_ended(&h, &s), 0);
	assert_true(h.n >= 1);
	gv_notify_health_release(&h);
	gv_notify_forget_past(&s, 1001 + 7 * DAY);
	assert_int_equal(s.n_told, 0);
	gv_job_state_release(&s);
}

static void
a_configuration_is_for_targets_of_its_environment(void **state)
{
	struct gv_notify_target t[] = {
		{ .name = "all", .way = GV_NOTIFY_WEBHOOK },
		{ .name = "prod",
		    .way = GV_NOTIFY_CHAT,
		    .envs = { "prod", "dev" },
		    .n_envs = 2 },
		{ .name = "too",
		    .way = GV_NOTIFY_MAIL,
		    .envs = { "prod" },
		    .n_envs = 1 },
		{ .name = "run",
		    .way = GV_NOTIFY_MAIL,
		    .events = { "run" },
		    .envs = { "x" },
		    .n_events = 1,
		    .n_envs = 1 },
	};
	const struct gv_notify_targets all = { .items = t, .n = 4 };
	const char *envs[GV_NOTIFY_LIST];
	struct gv_notify_health h = { .n = 0 };
	struct gv_job_state s = { .n = 0 };

	(void)state;
	assert_int_equal(gv_notify_limited(envs, &all, "config"), 2);
	assert_string_equal(envs[0], "prod");
	assert_string_equal(envs[1], "dev");
	asked = "prod";
	assert_int_equal(ask(&h, gv_notify_ask_config,
			     "{\"problems\":[{\"severity\":\"error\"}]}"),
	    0);
	asked = NULL;
	assert_int_equal(h.n, 1);
	assert_string_equal(h.items[0].env, "prod");
	assert_string_equal(
	    h.items[0].command, "git vault config validate --env prod");
	assert_false(gv_notify_wants(&t[0], &h.items[0]));
	assert_true(gv_notify_wants(&t[1], &h.items[0]));
	gv_notify_health_release(&h);
	/* nor does its end go to others */
	assert_int_equal(
	    gv_job_state_tell(&s, "config configuration:prod", 5), 0);
	assert_int_equal(gv_job_state_tell(&s, "drift a..prod", 5), 0);
	assert_int_equal(gv_notify_health_ended(&h, &s), 0);
	assert_int_equal(h.n, 2);
	assert_false(gv_notify_wants(&t[0], &h.items[0]));
	assert_true(gv_notify_wants(&t[2], &h.items[0]));
	assert_true(gv_notify_wants(&t[0], &h.items[1]));
	assert_true(gv_notify_wants(&t[2], &h.items[1]));
	gv_notify_health_release(&h);
	gv_job_state_release(&s);
}

UNIT(notify)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_are_read_and_checked),
		cmocka_unit_test(
		    changes_are_reported_and_a_day_of_silence_is_not),
		cmocka_unit_test(a_ping_pairs_its_two_halves),
		cmocka_unit_test(a_mail_has_no_header_of_somebody_else),
		cmocka_unit_test(a_chat_calls_nobody),
		cmocka_unit_test(findings_become_events),
		cmocka_unit_test(a_secret_is_named_by_scope_and_id),
		cmocka_unit_test(what_other_commands_find_are_conditions),
		cmocka_unit_test(a_part_of_a_run_is_of_its_own_environment),
		cmocka_unit_test(
		    what_has_happened_is_reported_once_and_has_no_end),
		cmocka_unit_test(wanted_approvals_are_read_for_a_week),
		cmocka_unit_test(an_approval_that_lapses_is_no_news),
		cmocka_unit_test(
		    a_configuration_is_for_targets_of_its_environment),
	};

	return UNIT_RUN(tests);
}

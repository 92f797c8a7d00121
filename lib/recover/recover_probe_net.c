#include <string.h>

#include "base/err.h"
#include "net/http.h"
#include "net/reach.h"
#include "recover/recover_internal.h"
#include "sys/clock.h"

#define WITHIN 10 /* seconds */
#define DAY    86400
#define MOST   ((size_t)4 << 20) /* bytes of an answer */

static int
ms_of(const struct gv_plan_probe *p)
{
	return (int)(p->within && p->within < 3600 ? p->within : WITHIN) * 1000;
}

/* ---- connections --------------------------------------------------------- */

static int
ask_port(struct gv_recover_job *job, const struct gv_plan_probe *p)
{
	struct gv_reach_opts opts = { .is_tls = p->kind == GV_PLAN_PROBE_TLS,
		.within_ms = ms_of(p) };
	struct gv_reached found;
	int64_t left;
	int r;

	if (p->ca && (r = gv_recover_path(&opts.ca, job, p->ca)) <= 0)
		return r;
	r = gv_reach(&found, p->subject, &opts);
	if (r == GV_ECANCELED || r == GV_ENOMEM)
		return r;
	if (r < 0)
		return gv_recover_fail(
		    job, "%s: %s", p->subject, gv_err_message());
	if (p->days == 0)
		return 1;
	if (found.expires == 0)
		return gv_recover_fail(job,
		    "%s: it is not known when its certificate expires",
		    p->subject);
	left = (found.expires - gv_clock_now().tv_sec) / DAY;
	if (left >= p->days)
		return 1;
	return gv_recover_fail(job,
	    "%s: its certificate expires in %lld days; %lld are wanted",
	    p->subject, (long long)left, (long long)p->days);
}

/* ---- HTTP ---------------------------------------------------------------- */

/* The answer may hold secrets: nothing of it is shown. */
static int
get(struct gv_http_reply *out, struct gv_recover_job *job,
    const struct gv_plan_probe *p, const char *url)
{
	struct gv_http_opts opts = GV_HTTP_OPTS_INIT;
	const struct gv_http_request request = { .method = "GET", .url = url };
	struct gv_http *http;
	int r;

	if (p->ca && (r = gv_recover_path(&opts.ca, job, p->ca)) <= 0)
		return r < 0 ? r : gv_err(GV_EREFUSED, "%s", job->detail);
	opts.connect_ms = opts.answer_ms = ms_of(p);
	opts.max_body = MOST;
	opts.is_public = true;
	if ((r = gv_http_new(&http, &opts)) < 0)
		return r;
	r = gv_http_send(out, http, &request);
	gv_http_free(http);
	return r;
}

static bool
is_status(const struct gv_plan_probe *p, int status)
{
	return p->status ? status == p->status : status >= 200 && status <= 299;
}

static int
ask_http(struct gv_recover_job *job, const struct gv_plan_probe *p)
{
	struct gv_http_reply reply = GV_HTTP_REPLY_INIT;
	int r = get(&reply, job, p, p->subject);

	if (r < 0)
		r = gv_recover_fail_by(job, r);
	else if (!is_status(p, reply.status))
		r = gv_recover_fail(job, "%s answered with status %d",
		    p->subject, reply.status);
	else if (p->expect &&
	    memmem(reply.body.p, reply.body.len, p->expect,
		strlen(p->expect)) == NULL)
		r = gv_recover_fail(job,
		    "the answer of %s does not have the text that it should",
		    p->subject);
	else
		r = 1;
	gv_http_reply_release(&reply);
	return r;
}

/* ---- Prometheus ---------------------------------------------------------- */

/* An answer is a list of [TIME, "VALUE"], each under "value". Without `expect`
 * one series at least has to be there; "none" is for alerts that must not fire.
 */
static int
judge(struct gv_recover_job *job, const struct gv_plan_probe *p,
    const struct gv_unjson_node *root)
{
	const struct gv_unjson_node *data = gv_unjson_get(root, "data");
	const struct gv_unjson_node *list = gv_unjson_get(data, "result");
	const struct gv_unjson_node *one, *value;
	size_t n = 0;

	if (list == NULL || list->kind != GV_UNJSON_LIST)
		return gv_recover_fail(
		    job, "%s does not answer as Prometheus does", p->subject);
	for (one = list->first; one; one = one->next, n++) {
		value = gv_unjson_get(one, "value");
		value = value && value->first ? value->first->next : NULL;
		if (p->expect && strcmp(p->expect, "none") != 0 &&
		    (value == NULL || value->kind != GV_UNJSON_TEXT ||
			strcmp(value->text, p->expect) != 0))
			return gv_recover_fail(job,
			    "the query '%s' does not give %s", p->key,
			    p->expect);
	}
	if (p->expect && strcmp(p->expect, "none") == 0)
		return n == 0 ? 1
			      : gv_recover_fail(job,
				    "the query '%s' gives %zu series; none "
				    "is wanted",
				    p->key, n);
	return n ? 1
		 : gv_recover_fail(job, "the query '%s' gives nothing", p->key);
}

static int
ask_prometheus(struct gv_recover_job *job, const struct gv_plan_probe *p)
{
	struct gv_http_reply reply = GV_HTTP_REPLY_INIT;
	struct gv_unjson *doc = NULL;
	struct gv_buf url = GV_BUF_INIT;
	int r;

	gv_buf_addf(&url, "%s/api/v1/query?query=", p->subject);
	gv_http_escape(&url, p->key, false);
	if ((r = gv_buf_check(&url)) < 0)
		goto out;
	if ((r = get(&reply, job, p, url.p)) < 0)
		r = gv_recover_fail_by(job, r);
	else if (reply.status != 200)
		r = gv_recover_fail(job, "%s answered with status %d",
		    p->subject, reply.status);
	else if (gv_unjson_parse(&doc, "the answer of Prometheus",
		     (char *)reply.body.p, reply.body.len) < 0)
		r = gv_recover_fail(
		    job, "%s does not answer as Prometheus does", p->subject);
	else
		r = judge(job, p, gv_unjson_root(doc));
out:
	gv_unjson_free(doc);
	gv_http_reply_release(&reply);
	gv_buf_release(&url);
	return r;
}

int
gv_recover_probe_net(struct gv_recover_job *job, const struct gv_plan_probe *p)
{
	switch (p->kind) {
	case GV_PLAN_PROBE_HTTP:
		return ask_http(job, p);
	case GV_PLAN_PROBE_PROMETHEUS:
		return ask_prometheus(job, p);
	default:
		return ask_port(job, p);
	}
}

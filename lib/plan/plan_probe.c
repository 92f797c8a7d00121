#include "plan/plan_internal.h"

#include <string.h>

#include "base/err.h"

/*
 * A probe is a map with one key that says what is asked, and keys that say
 * more:
 *
 *	command: [systemctl, is-active, web]
 *	file: terraform.tfstate
 *	key: spec.replicas	file: web.yaml		expect: "3"
 *	http: https://HOST/health	status: 200	expect: ok	within:
 *5s tcp: HOST:5432		tls: HOST:443		days: 14 prometheus:
 * http://HOST:9090	query: up{job="web"}	expect: "1" good: smoke
 * variable: AWS_PROFILE
 */

const char *const gv_plan_probes[GV_PLAN_PROBE_KINDS + 1] = { "", "command",
	"file", "key", "http", "tcp", "tls", "prometheus", "good", "variable",
	NULL };

struct reading {
	struct gv_plan_probe *probe;
	const char *file, *query;
};

static void
begin(struct gv_plan_reader *rd, uint32_t node, struct reading *in,
    enum gv_plan_probe_kind kind)
{
	if (in->probe->kind != GV_PLAN_PROBE_NONE)
		gv_plan_fault_at(rd, node,
		    "one check asks one thing, and this one asks for '%s' "
		    "already",
		    gv_plan_probes[in->probe->kind]);
	in->probe->kind = kind;
}

static void
ask(struct gv_plan_reader *rd, uint32_t node, void *to,
    enum gv_plan_probe_kind kind)
{
	struct reading *in = to;

	begin(rd, node, in, kind);
	in->probe->subject = gv_plan_text(rd, node);
}

static void
read_command(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	struct reading *in = to;

	begin(rd, node, in, GV_PLAN_PROBE_COMMAND);
	gv_plan_read_run(rd, node, &in->probe->command);
}

static void
read_shell(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	struct reading *in = to;

	begin(rd, node, in, GV_PLAN_PROBE_COMMAND);
	gv_plan_read_shell(rd, node, &in->probe->command);
}

static void
read_file(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->file = gv_plan_text(rd, node);
}

static void
read_key(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	struct reading *in = to;

	begin(rd, node, in, GV_PLAN_PROBE_KEY);
	in->probe->key = gv_plan_text(rd, node);
}

static void
read_http(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	ask(rd, node, to, GV_PLAN_PROBE_HTTP);
}

static void
read_tcp(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	ask(rd, node, to, GV_PLAN_PROBE_TCP);
}

static void
read_tls(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	ask(rd, node, to, GV_PLAN_PROBE_TLS);
}

static void
read_prometheus(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	ask(rd, node, to, GV_PLAN_PROBE_PROMETHEUS);
}

static void
read_good(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	ask(rd, node, to, GV_PLAN_PROBE_GOOD);
}

static void
read_variable(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	ask(rd, node, to, GV_PLAN_PROBE_VARIABLE);
}

static void
read_query(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->query = gv_plan_text(rd, node);
}

static void
read_expect(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->probe->expect = gv_plan_text(rd, node);
}

static void
read_status(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->probe->status =
	    (int)gv_plan_count(rd, node, 100, 599);
}

static void
read_within(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->probe->within = gv_plan_span(rd, node);
}

static void
read_days(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->probe->days = gv_plan_count(rd, node, 1, 3650);
}

static void
read_ca(struct gv_plan_reader *rd, uint32_t node, void *to)
{
	((struct reading *)to)->probe->ca = gv_plan_text(rd, node);
}

static const struct gv_plan_field fields[] = {
	{ "command", read_command },
	{ "shell", read_shell },
	{ "file", read_file },
	{ "key", read_key },
	{ "http", read_http },
	{ "tcp", read_tcp },
	{ "tls", read_tls },
	{ "prometheus", read_prometheus },
	{ "good", read_good },
	{ "variable", read_variable },
	{ "query", read_query },
	{ "expect", read_expect },
	{ "status", read_status },
	{ "within", read_within },
	{ "days", read_days },
	{ "ca", read_ca },
	{ .key = NULL },
};

/* What a key belongs to that says more. */
static void
hold(struct gv_plan_reader *rd, uint32_t map, bool is_there, bool fits,
    const char *what)
{
	if (is_there && !fits)
		gv_plan_fault_at(rd, map, "%s", what);
}

static void
settle(struct gv_plan_reader *rd, uint32_t map, struct reading *in)
{
	struct gv_plan_probe *p = in->probe;
	const enum gv_plan_probe_kind kind = p->kind;

	if (kind == GV_PLAN_PROBE_NONE && in->file) {
		p->kind = GV_PLAN_PROBE_FILE;
		p->subject = in->file;
	} else if (kind == GV_PLAN_PROBE_NONE) {
		gv_plan_fault_at(rd, map,
		    "this check asks nothing; give it one of command, shell, "
		    "file, key, http, tcp, tls, prometheus, good and variable");
		return;
	} else if (kind == GV_PLAN_PROBE_KEY) {
		p->subject = in->file;
		hold(rd, map, in->file == NULL, false,
		    "'key' needs the file that it is in, as 'file'");
	} else {
		hold(rd, map, in->file != NULL, false,
		    "'file' stands alone, or with 'key'");
	}
	if (kind == GV_PLAN_PROBE_PROMETHEUS) {
		p->key = in->query;
		hold(rd, map, in->query == NULL, false,
		    "'prometheus' needs a 'query'");
	}
	hold(rd, map, in->query != NULL, kind == GV_PLAN_PROBE_PROMETHEUS,
	    "'query' belongs to 'prometheus'");
	hold(rd, map, p->status != 0, kind == GV_PLAN_PROBE_HTTP,
	    "'status' belongs to 'http'");
	hold(rd, map, p->days != 0, kind == GV_PLAN_PROBE_TLS,
	    "'days' belongs to 'tls'");
	hold(rd, map, p->ca != NULL,
	    kind == GV_PLAN_PROBE_HTTP || kind == GV_PLAN_PROBE_TLS ||
		kind == GV_PLAN_PROBE_PROMETHEUS,
	    "'ca' belongs to 'http', 'tls' or 'prometheus'");
	hold(rd, map, p->expect != NULL,
	    kind == GV_PLAN_PROBE_HTTP || kind == GV_PLAN_PROBE_KEY ||
		kind == GV_PLAN_PROBE_PROMETHEUS,
	    "'expect' belongs to 'http', 'key' or 'prometheus'");
	if ((kind == GV_PLAN_PROBE_TCP || kind == GV_PLAN_PROBE_TLS) &&
	    p->subject && strchr(p->subject, ':') == NULL)
		gv_plan_fault_at(
		    rd, map, "'%s' needs HOST:PORT", gv_plan_probes[kind]);
}

void
gv_plan_read_probe(
    struct gv_plan_reader *rd, uint32_t map, struct gv_plan_probe *out)
{
	struct reading in = { .probe = out };

	*out = (struct gv_plan_probe){ .line = gv_plan_line(rd, map) };
	if (!gv_plan_is_map(rd, map, "a check"))
		return;
	gv_plan_fields(rd, map, "a check", fields, &in);
	if (rd->r == 0)
		settle(rd, map, &in);
}

const struct gv_plan_probe *
gv_plan_read_probes(struct gv_plan_reader *rd, uint32_t node, size_t *n)
{
	const bool is_list = rd->doc->nodes[node].kind == GV_DOC_LIST;
	struct gv_plan_probe *all;
	uint32_t i;
	size_t many = 1;

	*n = 0;
	if (is_list)
		for (many = 0, i = gv_doc_first(rd->doc, node);
		     i != GV_DOC_NONE; i = gv_doc_next(rd->doc, i))
			many++;
	if (rd->r < 0 || many == 0)
		return NULL;
	all = gv_arena_alloc(&rd->plan->arena, many * sizeof(*all));
	if (all == NULL) {
		rd->r = GV_ENOMEM;
		return NULL;
	}
	if (!is_list) {
		gv_plan_read_probe(rd, node, &all[(*n)++]);
		return all;
	}
	for (i = gv_doc_first(rd->doc, node); i != GV_DOC_NONE;
	     i = gv_doc_next(rd->doc, i))
		gv_plan_read_probe(rd, i, &all[(*n)++]);
	return all;
}

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "format/canon.h"
#include "format/unjson.h"
#include "record/good_internal.h"
#include "record/record_id.h"

/*
 * A Statement of in-toto, version 1, keys sorted, all of them always there:
 *
 *	{"_type":…,"predicate":{"actor","approvers","checks","environment",
 *	 "evidence","format","pipeline","previous","promotes","reason",
 *	 "recipients","revokes","snapshot","states","status","supersedes",
 *	 "time"},"predicateType":…,"subject":[…]}
 *
 * Subjects are git:commit, git:tree, vault:snapshot and vault:tree, as far as
 * there are such, and then the artifacts.
 */
#define FORMAT     1
#define SHA256_HEX 64

#define SUBJECT_COMMIT   "git:commit"
#define SUBJECT_TREE     "git:tree"
#define SUBJECT_SNAPSHOT "vault:snapshot"
#define SUBJECT_FILES    "vault:tree"

const char *const gv_good_statuses[GV_GOOD_STATUSES] = {
	[GV_GOOD_CANDIDATE] = "candidate",
	[GV_GOOD_VERIFIED] = "verified",
	[GV_GOOD_REVOKED] = "revoked",
};

/* ---- written ------------------------------------------------------------ */

static void
add_oid(struct gv_canon *c, const char *key, const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, oid);
	gv_canon_text(c, key, gv_oid_is_zero(oid) ? NULL : hex);
}

static void
add_digest(struct gv_canon *c, const char *kind, const char *digits)
{
	gv_canon_map(c, "digest");
	gv_canon_text(c, kind, digits);
	gv_canon_end(c);
}

static void
add_subject(struct gv_canon *c, const char *name, const char *kind,
    const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	if (gv_oid_is_zero(oid))
		return;
	gv_oid_format(hex, oid);
	gv_canon_map(c, NULL);
	add_digest(c, kind, hex);
	gv_canon_text(c, "name", name);
	gv_canon_end(c);
}

static void
add_items(struct gv_canon *c, const struct gv_good_item *items, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		gv_canon_map(c, NULL);
		if (items[i].uri) {
			gv_canon_text(c, "uri", items[i].uri);
		} else {
			add_digest(c, "sha256", items[i].sha256);
			gv_canon_text(c, "name", items[i].name);
		}
		gv_canon_end(c);
	}
}

static void
add_subjects(struct gv_canon *c, const struct gv_good *g)
{
	gv_canon_list(c, "subject");
	add_subject(c, SUBJECT_COMMIT, "gitCommit", &g->code);
	add_subject(c, SUBJECT_TREE, "gitTree", &g->code_tree);
	add_subject(c, SUBJECT_SNAPSHOT, "gitCommit", &g->snapshot);
	add_subject(c, SUBJECT_FILES, "gitTree", &g->snapshot_tree);
	add_items(c, g->artifacts, g->n_artifacts);
	gv_canon_end(c);
}

static void
add_checks(struct gv_canon *c, const struct gv_good *g)
{
	size_t i;

	gv_canon_list(c, "checks");
	for (i = 0; i < g->n_checks; i++) {
		gv_canon_map(c, NULL);
		gv_canon_text(c, "detail", g->checks[i].detail);
		gv_canon_text(c, "name", g->checks[i].name);
		gv_canon_bool(c, "passed", g->checks[i].passed);
		gv_canon_end(c);
	}
	gv_canon_end(c);
}

static void
add_pipeline(struct gv_canon *c, const struct gv_pipeline *p)
{
	if (p->provider == NULL && p->url == NULL) {
		gv_canon_null(c, "pipeline");
		return;
	}
	gv_canon_map(c, "pipeline");
	gv_canon_text(c, "actor", p->actor);
	gv_canon_text(c, "attempt", p->attempt);
	gv_canon_text(c, "commit", p->commit);
	gv_canon_text(c, "environment", p->environment);
	gv_canon_text(c, "job", p->job);
	gv_canon_text(c, "provider", p->provider);
	gv_canon_text(c, "ref", p->ref);
	gv_canon_text(c, "run", p->run);
	gv_canon_text(c, "url", p->url);
	gv_canon_end(c);
}

static void
add_readers(struct gv_canon *c, const struct gv_good *g)
{
	size_t i;

	gv_canon_map(c, "recipients");
	gv_canon_text(c, "keyring", g->keyring);
	gv_canon_list(c, "readers");
	for (i = 0; i < g->n_readers; i++) {
		gv_canon_map(c, NULL);
		gv_canon_text(c, "fingerprint", g->readers[i].print);
		gv_canon_text(c, "name", g->readers[i].name);
		gv_canon_end(c);
	}
	gv_canon_end(c);
	gv_canon_end(c);
}

static void
add_states(struct gv_canon *c, const struct gv_good *g)
{
	size_t i;

	gv_canon_list(c, "states");
	for (i = 0; i < g->n_states; i++) {
		const struct gv_good_state *s = &g->states[i];

		gv_canon_map(c, NULL);
		gv_canon_text(c, "digest", s->digest);
		gv_canon_text(c, "key", s->key);
		gv_canon_text(c, "lineage", s->lineage);
		if (s->has_serial)
			gv_canon_number(c, "serial", s->serial);
		else
			gv_canon_null(c, "serial");
		gv_canon_number(c, "size", s->size);
		gv_canon_text(c, "stack", s->stack);
		gv_canon_text(c, "tool", s->tool);
		add_oid(c, "version", &s->version);
		gv_canon_end(c);
	}
	gv_canon_end(c);
}

static void
add_predicate(struct gv_canon *c, const struct gv_good *g)
{
	size_t i;

	gv_canon_map(c, "predicate");
	gv_canon_text(c, "actor", g->actor);
	gv_canon_list(c, "approvers");
	for (i = 0; i < g->n_approvers; i++)
		gv_canon_text(c, NULL, g->approvers[i]);
	gv_canon_end(c);
	add_checks(c, g);
	gv_canon_text(c, "environment", g->env);
	gv_canon_list(c, "evidence");
	add_items(c, g->evidence, g->n_evidence);
	gv_canon_end(c);
	gv_canon_number(c, "format", FORMAT);
	add_pipeline(c, &g->pipeline);
	add_oid(c, "previous", &g->previous);
	add_oid(c, "promotes", &g->promotes);
	gv_canon_text(c, "reason", g->reason);
	add_readers(c, g);
	add_oid(c, "revokes", &g->revokes);
	gv_canon_text(c, "snapshot", g->snapshot_id);
	add_states(c, g);
	gv_canon_text(c, "status", gv_good_statuses[g->status]);
	add_oid(c, "supersedes", &g->supersedes);
	gv_canon_time(c, "time", g->time);
	gv_canon_end(c);
}

int
gv_good_format(struct gv_good *good)
{
	struct gv_canon c = { .out = &good->statement };
	int r;

	gv_buf_reset(&good->statement);
	gv_canon_map(&c, NULL);
	gv_canon_text(&c, "_type", GV_GOOD_TYPE);
	add_predicate(&c, good);
	gv_canon_text(&c, "predicateType", GV_GOOD_PREDICATE);
	add_subjects(&c, good);
	gv_canon_end(&c);
	r = gv_buf_check(&good->statement);
	if (r == 0 && good->statement.len > GV_GOOD_MAX)
		r = gv_err(GV_EUSAGE,
		    "a record may have %zu bytes, and this one would have %zu: "
		    "name fewer artifacts or less evidence",
		    GV_GOOD_MAX, good->statement.len);
	return r;
}

/* ---- read --------------------------------------------------------------- */

int
gv_good_copy(struct gv_good *good, const char **out, const char *text)
{
	*out = NULL;
	if (text == NULL)
		return 0;
	*out = gv_arena_copy(&good->arena, text, strlen(text));
	return *out ? 0 : gv_err_nomem();
}

/* A reader that goes on after the first failure, which it keeps. */
struct reader {
	struct gv_good *good;
	int r;
};

static const char *
text(struct reader *in, const struct gv_unjson_node *map, const char *key)
{
	const char *out = NULL;
	int r = gv_good_copy(in->good, &out, gv_unjson_get_text(map, key));

	if (in->r == 0)
		in->r = r;
	return out;
}

static void
wrong(struct reader *in, const char *what)
{
	if (in->r == 0)
		in->r = gv_err(GV_ECORRUPT, "its statement %s", what);
}

/* null gives zero. */
static void
read_oid(struct reader *in, struct gv_oid *out,
    const struct gv_unjson_node *map, const char *key)
{
	const char *hex = gv_unjson_get_text(map, key);

	memset(out, 0, sizeof(*out));
	if (hex && (strlen(hex) != GV_OID_HEX || gv_oid_parse(out, hex) < 0))
		wrong(in, "has an invalid object id");
}

/* Room for the values of a list; NULL where it has none, or too many. */
static void *
room(struct reader *in, const struct gv_unjson_node *list, size_t size)
{
	const struct gv_unjson_node *node;
	size_t n = 0;
	void *p;

	for (node = list ? list->first : NULL; node; node = node->next)
		n++;
	if (n > 2 * GV_GOOD_ITEMS)
		wrong(in, "has a list that is too long");
	if (n == 0 || in->r < 0)
		return NULL;
	p = gv_arena_alloc(&in->good->arena, n * size);
	if (p == NULL)
		in->r = gv_err_nomem();
	return p;
}

static bool
is_sha256(const char *digits)
{
	return strlen(digits) == SHA256_HEX &&
	    strspn(digits, "0123456789abcdef") == SHA256_HEX;
}

static void
read_item(struct reader *in, struct gv_good_item *out,
    const struct gv_unjson_node *node)
{
	out->name = text(in, node, "name");
	out->sha256 = text(in, gv_unjson_get(node, "digest"), "sha256");
	out->uri = text(in, node, "uri");
	if (out->uri ? out->name || out->sha256
		     : !out->name || !out->sha256 || !is_sha256(out->sha256))
		wrong(in, "has an item without a name or digest");
}

static void
read_subjects(struct reader *in, const struct gv_unjson_node *list)
{
	struct gv_good *g = in->good;
	const struct {
		const char *name, *kind;
		struct gv_oid *out;
	} own[] = {
		{ SUBJECT_COMMIT, "gitCommit", &g->code },
		{ SUBJECT_TREE, "gitTree", &g->code_tree },
		{ SUBJECT_SNAPSHOT, "gitCommit", &g->snapshot },
		{ SUBJECT_FILES, "gitTree", &g->snapshot_tree },
	};
	const struct gv_unjson_node *node;
	size_t i;

	g->artifacts = room(in, list, sizeof(*g->artifacts));
	for (node = list ? list->first : NULL; in->r == 0 && node;
	     node = node->next) {
		const char *name = gv_unjson_get_text(node, "name");

		for (i = 0; i < 4; i++)
			if (name && strcmp(name, own[i].name) == 0)
				break;
		if (i < 4)
			read_oid(in, own[i].out, gv_unjson_get(node, "digest"),
			    own[i].kind);
		else
			read_item(in, &g->artifacts[g->n_artifacts++], node);
	}
}

static void
read_states(struct reader *in, const struct gv_unjson_node *list)
{
	struct gv_good *g = in->good;
	const struct gv_unjson_node *node;

	g->states = room(in, list, sizeof(*g->states));
	for (node = list ? list->first : NULL; in->r == 0 && node;
	     node = node->next) {
		struct gv_good_state *s = &g->states[g->n_states++];
		int64_t serial = gv_unjson_count(gv_unjson_get(node, "serial"));
		int64_t size = gv_unjson_count(gv_unjson_get(node, "size"));

		s->stack = text(in, node, "stack");
		s->tool = text(in, node, "tool");
		s->lineage = text(in, node, "lineage");
		s->digest = text(in, node, "digest");
		s->key = text(in, node, "key");
		s->has_serial = serial >= 0;
		s->serial = serial >= 0 ? (uint64_t)serial : 0;
		s->size = size >= 0 ? (uint64_t)size : 0;
		read_oid(in, &s->version, node, "version");
		if (s->stack == NULL || s->digest == NULL || s->key == NULL)
			wrong(in, "has a state without a name or digest");
	}
}

static void
read_readers(struct reader *in, const struct gv_unjson_node *map)
{
	const struct gv_unjson_node *list = gv_unjson_get(map, "readers");
	const struct gv_unjson_node *node;
	struct gv_good *g = in->good;

	g->keyring = text(in, map, "keyring");
	g->readers = room(in, list, sizeof(*g->readers));
	for (node = list ? list->first : NULL; in->r == 0 && node;
	     node = node->next) {
		struct gv_good_reader *one = &g->readers[g->n_readers++];

		one->name = text(in, node, "name");
		one->print = text(in, node, "fingerprint");
		if (one->name == NULL || one->print == NULL)
			wrong(in, "has a recipient without a name or key");
	}
}

static void
read_checks(struct reader *in, const struct gv_unjson_node *list)
{
	const struct gv_unjson_node *node, *passed;
	struct gv_good *g = in->good;

	g->checks = room(in, list, sizeof(*g->checks));
	for (node = list ? list->first : NULL; in->r == 0 && node;
	     node = node->next) {
		struct gv_good_check *one = &g->checks[g->n_checks++];

		passed = gv_unjson_get(node, "passed");
		one->name = text(in, node, "name");
		one->detail = text(in, node, "detail");
		one->passed = passed && passed->kind == GV_UNJSON_TRUE;
		if (one->name == NULL)
			wrong(in, "has a check without a name");
	}
}

static void
read_lists(struct reader *in, const struct gv_unjson_node *map)
{
	const struct gv_unjson_node *evidence = gv_unjson_get(map, "evidence");
	const struct gv_unjson_node *who = gv_unjson_get(map, "approvers");
	const struct gv_unjson_node *node;
	struct gv_good *g = in->good;

	g->evidence = room(in, evidence, sizeof(*g->evidence));
	for (node = evidence ? evidence->first : NULL; in->r == 0 && node;
	     node = node->next)
		read_item(in, &g->evidence[g->n_evidence++], node);
	g->approvers = room(in, who, sizeof(*g->approvers));
	for (node = who ? who->first : NULL; in->r == 0 && node;
	     node = node->next) {
		if (node->kind != GV_UNJSON_TEXT)
			wrong(in, "has an approver without a name");
		else
			in->r = gv_good_copy(
			    g, &g->approvers[g->n_approvers++], node->text);
	}
	read_states(in, gv_unjson_get(map, "states"));
	read_readers(in, gv_unjson_get(map, "recipients"));
	read_checks(in, gv_unjson_get(map, "checks"));
}

static void
read_pipeline(struct reader *in, const struct gv_unjson_node *map)
{
	struct gv_pipeline *p = &in->good->pipeline;

	p->provider = text(in, map, "provider");
	p->actor = (char *)text(in, map, "actor");
	p->run = (char *)text(in, map, "run");
	p->job = (char *)text(in, map, "job");
	p->attempt = (char *)text(in, map, "attempt");
	p->commit = (char *)text(in, map, "commit");
	p->ref = (char *)text(in, map, "ref");
	p->environment = (char *)text(in, map, "environment");
	p->url = (char *)text(in, map, "url");
}

static void
read_status(struct reader *in, const struct gv_unjson_node *map)
{
	const char *word = gv_unjson_get_text(map, "status");
	const char *time = gv_unjson_get_text(map, "time");
	int i;

	for (i = 0; word && i < GV_GOOD_STATUSES; i++)
		if (strcmp(word, gv_good_statuses[i]) == 0)
			break;
	if (word == NULL || i == GV_GOOD_STATUSES)
		wrong(in, "has an unknown status");
	else
		in->good->status = (enum gv_good_status)i;
	if (time == NULL || gv_time_parse_rfc3339(&in->good->time, time) < 0)
		wrong(in, "has no time");
}

static void
read_predicate(struct reader *in, const struct gv_unjson_node *map)
{
	struct gv_good *g = in->good;

	g->env = text(in, map, "environment");
	g->actor = text(in, map, "actor");
	g->reason = text(in, map, "reason");
	g->snapshot_id = text(in, map, "snapshot");
	read_oid(in, &g->previous, map, "previous");
	read_oid(in, &g->promotes, map, "promotes");
	read_oid(in, &g->revokes, map, "revokes");
	read_oid(in, &g->supersedes, map, "supersedes");
	read_status(in, map);
	read_pipeline(in, gv_unjson_get(map, "pipeline"));
	read_lists(in, map);
	if (g->env == NULL || g->actor == NULL)
		wrong(in, "names no environment, or no author");
}

/* What is used as a name later is one: a snapshot's id is no expression. */
static void
check_names(struct reader *in)
{
	const struct gv_good *g = in->good;
	const char *id = g->snapshot_id;

	if ((id != NULL) != !gv_oid_is_zero(&g->snapshot) ||
	    gv_oid_is_zero(&g->snapshot) != gv_oid_is_zero(&g->snapshot_tree) ||
	    gv_oid_is_zero(&g->code) != gv_oid_is_zero(&g->code_tree))
		wrong(in, "has a subject without its other half");
	else if (id && !gv_record_is_id(id, strlen(id)))
		wrong(in, "names a snapshot by an invalid id");
	else if ((g->status == GV_GOOD_REVOKED) == gv_oid_is_zero(&g->revokes))
		wrong(in,
		    "revokes without naming a record, or names one without "
		    "revoking it");
}

static int
check_kind(const struct gv_unjson_node *root)
{
	const char *type = gv_unjson_get_text(root, "_type");
	const char *kind = gv_unjson_get_text(root, "predicateType");
	int64_t format = gv_unjson_count(
	    gv_unjson_get(gv_unjson_get(root, "predicate"), "format"));

	if (type == NULL || strcmp(type, GV_GOOD_TYPE) != 0 || kind == NULL)
		return gv_err(GV_ECORRUPT, "it has no in-toto statement");
	if (format > FORMAT || strcmp(kind, GV_GOOD_PREDICATE) != 0)
		return gv_err(GV_EREFUSED,
		    "it was made by a newer git-vault: its statement has "
		    "another type");
	return 0;
}

/* What was read says again what was written, or there is more in it than we
 * know of. */
static int
check_again(struct gv_good *good)
{
	struct gv_buf was = good->statement;
	int r;

	good->statement = (struct gv_buf)GV_BUF_INIT;
	if ((r = gv_good_format(good)) == 0 &&
	    (was.len != good->statement.len ||
		memcmp(was.p, good->statement.p, was.len) != 0))
		r = gv_err(GV_ECORRUPT,
		    "its statement is not in the one form that it has");
	gv_buf_release(&was);
	return r;
}

int
gv_good_parse(struct gv_good *good)
{
	struct reader in = { .good = good };
	struct gv_unjson *doc = NULL;
	char *copy =
	    gv_arena_copy(&good->arena, good->statement.p, good->statement.len);
	int r = copy ? 0 : gv_err_nomem();

	if (r == 0)
		r = gv_unjson_parse(
		    &doc, "statement", copy, good->statement.len);
	if (r == GV_EREFUSED)
		return gv_err_in(GV_ECORRUPT, "its statement is no JSON");
	if (r == 0 && (r = check_kind(gv_unjson_root(doc))) == 0) {
		const struct gv_unjson_node *root = gv_unjson_root(doc);

		read_subjects(&in, gv_unjson_get(root, "subject"));
		read_predicate(&in, gv_unjson_get(root, "predicate"));
		if (in.r == 0)
			check_names(&in);
		r = in.r;
	}
	if (r == 0)
		r = check_again(good);
	gv_unjson_free(doc);
	return r;
}

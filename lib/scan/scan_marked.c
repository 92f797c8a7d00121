#include "scan/scan_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "lex/ascii.h"
#include "lex/seek.h"
#include "scan/k8s.h"
#include "scan/marked.h"
#include "scan/rule.h"
#include "scan/ruleset.h"

/* In larger texts only the lines around the mark are read. */
#define TREE_MAX  ((size_t)8 * 1024 * 1024)
#define KIND_NEAR 32 /* most bytes from "kind" to its value */

/* Whether there is a whole word at `at`, not a part of a longer one. */
static bool
is_word_at(const struct gv_scan_run *run, size_t at, size_t len)
{
	const char *p = run->lex.text;

	return (at == 0 || !gv_ascii_is_word(p[at - 1])) &&
	    (at + len == run->lex.len || !gv_ascii_is_word(p[at + len]));
}

static bool
begins(const struct gv_scan_run *run, size_t at, const char *word)
{
	const size_t n = strlen(word);

	return run->lex.len - at >= n &&
	    memcmp(run->lex.text + at, word, n) == 0;
}

static bool
is_documents(struct gv_scan_run *run)
{
	enum gv_syntax syntax = gv_scan_syntax(run);

	return run->lex.len <= TREE_MAX &&
	    (syntax == GV_SYNTAX_YAML || syntax == GV_SYNTAX_JSON);
}

static const struct gv_rule *
rule_of(const struct gv_scan_run *run, enum gv_marked_kind kind)
{
	return kind <= GV_MARKED_SECRET_DATA ? run->k8s : run->marked;
}

/* "\"text\"": the inner quotes of a JSON text in JSON do not belong to the
 * value. */
static void
unwrap(const char *text, struct gv_spantree_span *span)
{
	const char *p = text + span->at;

	if (span->len > 4 && memcmp(p, "\\\"", 2) == 0 &&
	    memcmp(p + span->len - 2, "\\\"", 2) == 0) {
		span->at += 2;
		span->len -= 4;
	} else if (span->len > 2 && span->style != '"' && p[0] == '"' &&
	    p[span->len - 1] == '"') {
		span->at++;
		span->len -= 2;
	}
}

/* Each of the two rules reports its own kinds of values, and skips those of the
 * other one. */
static int
on_value(void *ctx, const struct gv_marked_value *value)
{
	struct gv_scan_run *run = ctx;
	const bool is_secret = value->kind <= GV_MARKED_SECRET_DATA;
	struct gv_spantree_span span = value->value;
	struct gv_k8s_value v = { .name = value->name.at,
		.name_len = value->name.len,
		.is_encoded = value->kind == GV_MARKED_SECRET_DATA };

	if (is_secret != (run->marking == run->k8s) ||
	    rule_of(run, value->kind) == NULL)
		return 0;
	if (value->kind == GV_MARKED_PLAINTEXT)
		unwrap(run->lex.text, &span);
	v.value = span.at;
	v.value_len = span.len;
	return is_secret ? gv_scan_k8s_value(run, &v)
			 : gv_scan_marked_value(run, &v);
}

/* Read the structure, once. 0 or GV_ENOMEM. */
static int
need_tree(struct gv_scan_run *run)
{
	int r;

	if (run->has_tree)
		return 0;
	r = gv_spantree_read(&run->tree, run->lex.text, run->lex.len,
	    gv_scan_syntax(run) == GV_SYNTAX_JSON);
	run->has_tree = r == 0;
	return r;
}

/* Whether "kind" is close before `at`: then the text may be a document,
 * although its name does not say so. */
static bool
is_kind(struct gv_scan_run *run, size_t at)
{
	const size_t n = at < KIND_NEAR ? at : KIND_NEAR;

	return run->lex.len <= TREE_MAX &&
	    gv_scan_syntax(run) == GV_SYNTAX_TEXT &&
	    memmem(run->lex.text + at - n, n, "kind", 4) != NULL;
}

/* Scan JSON in a YAML string, as in kubectl's annotations. */
static int
scan_inner(struct gv_scan_run *run)
{
	const char *text = run->lex.text;
	size_t i;
	int r = 0;

	if (gv_scan_syntax(run) == GV_SYNTAX_JSON)
		return 0;
	for (i = 0; r == 0 && i < run->tree.n; i++) {
		const struct gv_spantree_node *n = &run->tree.nodes[i];

		if (n->kind == GV_SPANTREE_SCALAR && n->value.style == '"' &&
		    n->value.len &&
		    (text[n->value.at] == '{' || text[n->value.at] == '['))
			r = gv_scan_escaped(
			    run, n->value.at, n->value.at + n->value.len);
	}
	return r;
}

static int
tell_all(struct gv_scan_run *run, const struct gv_rule *rule)
{
	int r = need_tree(run);

	run->marking = rule;
	return r < 0 ? r : gv_marked_each(&run->tree, on_value, run);
}

static int
tell_secrets(struct gv_scan_run *run, size_t number)
{
	int r;

	if (run->has_secrets)
		return 0;
	run->has_secrets = true;
	run->k8s = gv_ruleset_rule(run->set, number);
	r = tell_all(run, run->k8s);
	return r < 0 ? r : scan_inner(run);
}

/* ---- texts that cannot be read as a whole -------------------------------- */

#define FLOW_MAX ((size_t)65536)
#define FLOW_ALL ((size_t)16 << 20) /* in all of a text */
#define LINE_MAX 4096

/* Find the flow map around `at`: its opening brace on the same line, and its
 * end. Braces in strings are skipped. */
static bool
find_flow(struct gv_scan_run *run, size_t at, size_t *from, size_t *to)
{
	const char *p = run->lex.text;
	size_t i, depth = 0;

	for (i = at; i > 0 && at - i < LINE_MAX; i--) {
		if (p[i - 1] == '\n')
			return false;
		if (p[i - 1] == '}')
			depth++;
		else if (p[i - 1] == '{' && depth-- == 0)
			break;
	}
	if (i == 0 || p[i - 1] != '{')
		return false;
	*from = i - 1;
	for (depth = 1; i < run->lex.len && i - *from < FLOW_MAX && depth;
	     i++) {
		char quote = p[i];

		if (quote == '"' || quote == '\'') {
			for (i++; (i = gv_seek_any(p, i, run->lex.len, quote,
				       '\\', '\n')) < run->lex.len &&
			     p[i] == '\\';
			     i += 2)
				;
			continue;
		}
		depth += p[i] == '{';
		depth -= p[i] == '}';
	}
	*to = i;
	/* many opening braces must not cost quadratic time */
	run->flow_used += i - *from;
	return depth == 0;
}

/* Mostly it is JSON, which costs a tenth of what YAML does. */
static int
read_map(struct gv_spantree *tree, size_t from, size_t to)
{
	char *before;
	size_t used;
	int r = gv_spantree_read_json(tree, from, to, &used);

	if (r != GV_EREFUSED)
		return r;
	tree->n = 0;
	before = gv_err_save();
	r = gv_spantree_read_yaml(tree, from, to);
	if (r == GV_EREFUSED)
		tree->n = 0;
	return gv_err_settle(r == GV_EREFUSED ? 0 : r, before);
}

/* Read {kind: Secret, …} in a script, or in a document that cannot be read. 1
 * if that worked. */
static int
read_flow(struct gv_scan_run *run, size_t at)
{
	struct gv_spantree *tree = &run->flow;
	size_t from, to;
	int r;

	/* most are in none */
	if (at < run->k8s_end || run->flow_used >= FLOW_ALL ||
	    !find_flow(run, at, &from, &to))
		return 0;
	tree->text = run->lex.text;
	tree->n = tree->n_anchors = 0;
	r = read_map(tree, from, to);
	if (r < 0 || tree->n == 0)
		return r;
	run->marking = run->k8s;
	r = gv_marked_each(tree, on_value, run);
	if (r < 0)
		return r;
	run->k8s_end = to;
	return 1;
}

/* The place of the "kind" whose value is at `at`, past quotes and a tag; at + 1
 * if there is none. */
static size_t
kind_of(const struct gv_scan_run *run, size_t at)
{
	const char *p = run->lex.text;
	size_t i = at, least = at > KIND_NEAR ? at - KIND_NEAR : 0;

	while (i > least && p[i - 1] != ':' && p[i - 1] != '\n')
		i--;
	if (i == least || p[i - 1] != ':')
		return at + 1;
	for (i--; i > least &&
	     (gv_ascii_is_blank(p[i - 1]) || p[i - 1] == '"' ||
		 p[i - 1] == '\'');
	     i--)
		;
	if (i < least + 4 || memcmp(p + i - 4, "kind", 4) != 0)
		return at + 1;
	i -= 4;
	return i > 0 && p[i - 1] == '"' ? i - 1 : i;
}

static int
read_near(struct gv_scan_run *run, size_t number, size_t at)
{
	int r;

	if (run->has_tree && gv_spantree_knows(&run->tree, at, &run->known))
		return 0;
	run->k8s = gv_ruleset_rule(run->set, number);
	r = read_flow(run, at);
	return r ? r < 0 ? r : 0 : gv_scan_k8s_near(run, number, at);
}

/* The gate stops at "Secret", at a letter written as an escape, and at "kind:
 * Secret". The first two find Secrets in any spelling; the last one also works
 * in a text that cannot be read. */
int
gv_scan_k8s(struct gv_scan_run *run, size_t number, size_t at)
{
	const bool is_word = begins(run, at, "Secret");
	const bool is_escape = run->lex.text[at] == '\\';
	int r = 0;

	if (is_word && !is_word_at(run, at, strlen("Secret")))
		return 0;
	if (is_documents(run) || (is_word && is_kind(run, at)))
		r = tell_secrets(run, number);
	if (r < 0 || is_escape)
		return r;
	if (is_word && kind_of(run, at) > at)
		return 0;
	return read_near(run, number, is_word ? kind_of(run, at) : at);
}

/* ---- Terraform ---------------------------------------------------------- */

#define BLOCK_MAX ((size_t)8192)

/* Find the opening and the closing brace of the block around `at`. Strings are
 * skipped, as long as they end on their line. */
static bool
find_block(const struct gv_scan_run *run, size_t at, size_t *from, size_t *to)
{
	const char *p = run->lex.text;
	size_t i, depth = 0, least = at > BLOCK_MAX ? at - BLOCK_MAX : 0;
	size_t most =
	    run->lex.len - at > BLOCK_MAX ? at + BLOCK_MAX : run->lex.len;

	for (i = at; i > least; i--) {
		if (p[i - 1] == '}')
			depth++;
		else if (p[i - 1] == '{' && depth-- == 0)
			break;
	}
	if (i == least)
		return false;
	*from = i;
	for (depth = 1; i < most && depth; i++) {
		if (p[i] == '"') {
			for (i++; i < most && p[i] != '"' && p[i] != '\n'; i++)
				i += p[i] == '\\';
			continue;
		}
		depth += p[i] == '{';
		depth -= p[i] == '}';
	}
	*to = i;
	return depth == 0;
}

static size_t
skip_blanks(const struct gv_scan_run *run, size_t at)
{
	while (at < run->lex.len && gv_ascii_is_blank(run->lex.text[at]))
		at++;
	return at;
}

/* Report the text between <<WORD and the line WORD. */
static int
tell_heredoc(
    struct gv_scan_run *run, struct gv_k8s_value *v, size_t at, size_t to)
{
	const char *p = run->lex.text, *nl;
	size_t word, n = 0, line, i;

	at += 2;
	at += at < to && (p[at] == '-' || p[at] == '~');
	for (word = at; word + n < to && gv_ascii_is_word(p[word + n]); n++)
		;
	nl = memchr(p + at, '\n', to - at);
	if (n == 0 || nl == NULL)
		return 0;
	for (line = v->value = (size_t)(nl - p) + 1; line < to;
	     line = (size_t)(nl - p) + 1) {
		for (i = line; i < to && gv_ascii_is_blank(p[i]); i++)
			;
		if (to - i >= n && memcmp(p + i, p + word, n) == 0)
			break;
		nl = memchr(p + line, '\n', to - line);
		if (nl == NULL)
			return 0;
	}
	v->value_len = line > v->value ? line - v->value - 1 : 0;
	return v->value_len ? gv_scan_marked_value(run, v) : 0;
}

/* Report each quoted text of the value of a name, up to its end in the block.
 */
static int
tell_default(struct gv_scan_run *run, size_t name, size_t name_len, size_t to)
{
	const char *p = run->lex.text;
	struct gv_k8s_value v = { .name = name, .name_len = name_len };
	size_t at = name + name_len, depth = 0, from;
	int r = 0;

	from = skip_blanks(run, skip_blanks(run, at) + 1);
	if (from + 2 < to && memcmp(p + from, "<<", 2) == 0)
		return tell_heredoc(run, &v, from, to);
	for (; r == 0 && at < to; at++) {
		if (p[at] == '"') {
			for (from = ++at; at < to && p[at] != '"'; at++)
				at += p[at] == '\\';
			v.value = from;
			v.value_len = at < to ? at - from : 0;
			if (v.value_len)
				r = gv_scan_marked_value(run, &v);
		} else if (p[at] == '{' || p[at] == '[') {
			depth++;
		} else if (p[at] == '}' || p[at] == ']') {
			if (depth-- == 0)
				break;
		} else if (p[at] == '\n' && depth == 0) {
			break;
		}
	}
	return r;
}

/* Whether a line begins with NAME =. */
static bool
is_assigned(const struct gv_scan_run *run, size_t at, size_t len)
{
	const char *p = run->lex.text;
	size_t i = at;

	while (i > 0 && gv_ascii_is_blank(p[i - 1]))
		i--;
	at = skip_blanks(run, at + len);
	return (i == 0 || p[i - 1] == '\n' || p[i - 1] == '{') &&
	    at < run->lex.len && p[at] == '=';
}

/* Report the default of a variable, or the value of an output, with sensitive =
 * true. */
static int
tell_sensitive(struct gv_scan_run *run, size_t at)
{
	static const char *const names[] = { "default", "value" };
	const char *p = run->lex.text, *hit;
	size_t from, to, i, k;
	int r = 0;

	if (!is_word_at(run, at, 9) || !is_assigned(run, at, 9))
		return 0;
	i = skip_blanks(run, skip_blanks(run, at + 9) + 1);
	if (run->lex.len - i < 4 || memcmp(p + i, "true", 4) != 0 ||
	    !find_block(run, at, &from, &to))
		return 0;
	for (k = 0; r == 0 && k < 2; k++) {
		const size_t len = strlen(names[k]);

		for (i = from; r == 0 && i < to; i = (size_t)(hit - p) + len) {
			hit = memmem(p + i, to - i, names[k], len);
			if (hit == NULL)
				break;
			if (is_word_at(run, (size_t)(hit - p), len) &&
			    is_assigned(run, (size_t)(hit - p), len))
				r = tell_default(
				    run, (size_t)(hit - p), len, to);
		}
	}
	return r;
}

static bool
ends(const char *text, const char *with)
{
	size_t n = text ? strlen(text) : 0, len = strlen(with);

	return n >= len && strcmp(text + n - len, with) == 0;
}

int
gv_scan_marked(struct gv_scan_run *run, size_t number, size_t at)
{
	const bool is_sensitive = begins(run, at, "sensitive");
	const struct gv_rule *rule = gv_ruleset_rule(run->set, number);
	const bool is_done = run->marked == rule;

	run->marked = rule;
	if (is_sensitive && gv_scan_syntax(run) == GV_SYNTAX_HCL)
		return tell_sensitive(run, at);
	if (is_sensitive && !ends(run->path, ".tf.json")) {
		run->marked = is_done ? rule : NULL;
		return 0;
	}
	return is_done || !is_documents(run) ? 0 : tell_all(run, rule);
}

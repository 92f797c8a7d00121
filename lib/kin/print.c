#include "kin/print.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"

/* ---- languages ----------------------------------------------------------- */

enum comment {
	SLASH = 1 << 0, /* to the end of the line, and between slash and star */
	HASH = 1 << 1,
	DASH = 1 << 2, /* two of them */
};

static const struct syntax {
	/* with a blank around each; "/NAME" is a whole name */
	const char *suffixes;
	unsigned comments;
} syntaxes[] = {
	{ " .c .h .cc .cpp .cxx .hpp .hh .hxx .m .mm .cu .y .l .go .rs .zig ",
	    SLASH },
	{ " .js .jsx .mjs .cjs .ts .tsx .mts .cts .vue .svelte .css .scss ",
	    SLASH },
	{ " .java .kt .kts .cs .scala .swift .dart .groovy .gradle .proto ",
	    SLASH },
	{ " .sass .sol .bicep .jsonnet .rego .glsl .v .sv /Jenkinsfile ",
	    SLASH },
	{ " .php .tf .tofu .hcl .nomad ", SLASH | HASH },
	{ " .py .pyi .pyx .bzl .star .rb .rake .pl .pm .t .r .R .jl .ex ",
	    HASH },
	{ " .sh .bash .zsh .ksh .bats .awk .tcl .ps1 .psm1 .exs .nix .pp ",
	    HASH },
	{ " .yml .yaml .toml .mk .am .cmake .j2 /Makefile /GNUmakefile ",
	    HASH },
	{ " /makefile /Dockerfile /Containerfile /Rakefile /Gemfile ", HASH },
	{ " .sql .lua .hs .elm .adb .ads .vhd ", DASH },
};

static const struct syntax *
find_syntax(const char *path)
{
	const char *slash = strrchr(path, '/'),
		   *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.'), *p;
	size_t i, n;

	for (i = 0; i < sizeof(syntaxes) / sizeof(syntaxes[0]); i++)
		for (p = syntaxes[i].suffixes + 1; *p; p += n + 1) {
			n = strcspn(p, " ");
			if (*p == '/' ? strlen(name) == n - 1 &&
				    memcmp(p + 1, name, n - 1) == 0
				      : dot && strlen(dot) == n &&
				    memcmp(p, dot, n) == 0)
				return &syntaxes[i];
		}
	return NULL;
}

bool
gv_print_is_source(const char *path)
{
	return find_syntax(path) != NULL;
}

/* ---- tokens -------------------------------------------------------------- */

struct token {
	uint64_t hash[GV_PRINT_STREAMS];
	uint32_t line;
};

struct tokens {
	const char *p, *end;
	const struct syntax *syntax;
	uint32_t line;
	struct token *items;
	size_t n, cap;
};

static bool
is_name(unsigned char c)
{
	return c == '_' || c == '$' || c >= 0x80 || (c >= '0' && c <= '9') ||
	    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
begins(const struct tokens *t, const char *with)
{
	const size_t n = strlen(with);

	return (size_t)(t->end - t->p) >= n && memcmp(t->p, with, n) == 0;
}

static void
skip_line(struct tokens *t)
{
	const char *end = memchr(t->p, '\n', (size_t)(t->end - t->p));

	t->p = end ? end : t->end;
}

static void
count_lines(struct tokens *t, const char *to)
{
	for (; t->p < to; t->p++)
		t->line += *t->p == '\n';
}

/* Whether a comment was passed over. A '#' in C is of the preprocessor. */
static bool
skip_comment(struct tokens *t)
{
	const char *end;

	if ((t->syntax->comments & SLASH) && begins(t, "/*")) {
		end = memmem(t->p + 2, (size_t)(t->end - t->p) - 2, "*/", 2);
		count_lines(t, end ? end + 2 : t->end);
		return true;
	}
	if (((t->syntax->comments & SLASH) && begins(t, "//")) ||
	    ((t->syntax->comments & HASH) && *t->p == '#') ||
	    ((t->syntax->comments & DASH) && begins(t, "--"))) {
		skip_line(t);
		return true;
	}
	return false;
}

/* A string ends at the end of its line, but for those of three quotes and of
 * back quotes: an apostrophe may be none. */
static const char *
end_of_string(const struct tokens *t)
{
	const char quote = *t->p, *p = t->p + 1;
	const bool is_long =
	    quote == '`' || begins(t, "\"\"\"") || begins(t, "'''");
	const bool is_three = is_long && quote != '`';

	for (p += is_three ? 2 : 0; p < t->end; p++) {
		if (*p == '\\' && p + 1 < t->end && p[1] != '\n') {
			p++;
		} else if (*p == '\n' && !is_long) {
			return p;
		} else if (*p == quote) {
			if (!is_three)
				return p + 1;
			if (t->end - p >= 3 && p[1] == quote && p[2] == quote)
				return p + 3;
		}
	}
	return t->end;
}

static int
add(struct tokens *t, const char *end, char kind)
{
	const uint64_t hash = gv_map_hash(t->p, (size_t)(end - t->p));
	struct token *token;

	if (GV_GROW(t->items, t->n, t->cap) < 0)
		return gv_err_nomem();
	token = &t->items[t->n++];
	token->hash[GV_PRINT_KEPT] = hash;
	token->hash[GV_PRINT_RENAMED] = kind ? gv_map_hash(&kind, 1) : hash;
	token->line = t->line;
	count_lines(t, end);
	return 0;
}

static int
take_token(struct tokens *t)
{
	const char *end = t->p;

	if (strchr("\"'`", *t->p) && *t->p)
		return add(t, end_of_string(t), 'S');
	while (end < t->end && is_name((unsigned char)*end))
		end++;
	if (end > t->p)
		return add(t, end, *t->p >= '0' && *t->p <= '9' ? 'N' : 'I');
	return add(t, t->p + 1, '\0');
}

static int
take_tokens(struct tokens *t)
{
	int r = 0;

	while (r == 0 && t->p < t->end) {
		if (*t->p == '\n' || *t->p == ' ' || *t->p == '\t' ||
		    *t->p == '\r' || *t->p == '\f')
			count_lines(t, t->p + 1);
		else if (!skip_comment(t))
			r = take_token(t);
	}
	return r;
}

/* ---- winnowing ----------------------------------------------------------- */

#define BASE UINT64_C(0x9e3779b97f4a7c15)

/* The sum of a rolling hash has its chance in the upper bits. */
static uint64_t
mix(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

static int
keep(struct gv_prints *out, const struct tokens *t, size_t i, uint64_t hash)
{
	if (GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	out->items[out->n++] = (struct gv_print){ .hash = hash,
		.token = (uint32_t)i,
		.first = t->items[i].line,
		.last = t->items[i + GV_PRINT_TOKENS - 1].line };
	return 0;
}

/* The least of those behind `from`, the last one of equal ones. */
static size_t
find_least(const uint64_t *hashes, size_t from, size_t to)
{
	size_t i, least = from;

	for (i = from; i < to; i++)
		if (hashes[i] <= hashes[least])
			least = i;
	return least;
}

static int
winnow(struct gv_prints *out, const struct tokens *t, const uint64_t *hashes,
    size_t n)
{
	const size_t window = n < GV_PRINT_WINDOW ? n : GV_PRINT_WINDOW;
	size_t end, least = find_least(hashes, 0, window);
	int r = keep(out, t, least, hashes[least]);

	for (end = window + 1; r == 0 && end <= n; end++) {
		if (least + window < end)
			least = find_least(hashes, end - window, end);
		else if (hashes[end - 1] <= hashes[least])
			least = end - 1;
		else
			continue;
		r = keep(out, t, least, hashes[least]);
	}
	return r;
}

static int
take_stream(
    struct gv_prints *out, const struct tokens *t, enum gv_print_stream stream)
{
	const size_t k = GV_PRINT_TOKENS;
	const size_t n = t->n >= k ? t->n - k + 1 : 0;
	uint64_t *hashes, h = 0, power = 1;
	size_t i;
	int r;

	out->tokens = (uint32_t)t->n;
	if (n == 0)
		return 0;
	if ((hashes = malloc(n * sizeof(*hashes))) == NULL)
		return gv_err_nomem();
	for (i = 0; i < k; i++)
		power *= BASE;
	for (i = 0; i < t->n; i++) {
		h = h * BASE + t->items[i].hash[stream];
		if (i >= k)
			h -= power * t->items[i - k].hash[stream];
		if (i + 1 >= k)
			hashes[i + 1 - k] = mix(h);
	}
	r = winnow(out, t, hashes, n);
	free(hashes);
	return r;
}

int
gv_prints_of(struct gv_prints out[GV_PRINT_STREAMS], const char *path,
    const char *text, size_t len)
{
	struct tokens t = { .p = text,
		.end = text + len,
		.syntax = find_syntax(path),
		.line = 1 };
	int r;

	memset(out, 0, GV_PRINT_STREAMS * sizeof(*out));
	if (t.syntax == NULL)
		return 0;
	r = take_tokens(&t);
	if (r == 0)
		r = take_stream(&out[GV_PRINT_KEPT], &t, GV_PRINT_KEPT);
	if (r == 0)
		r = take_stream(&out[GV_PRINT_RENAMED], &t, GV_PRINT_RENAMED);
	free(t.items);
	return r;
}

void
gv_prints_release(struct gv_prints *prints)
{
	free(prints->items);
	memset(prints, 0, sizeof(*prints));
}

/* ---- how much is common -------------------------------------------------- */

static int
by_hash(const void *a, const void *b)
{
	const struct gv_print *x = a, *y = b;

	return (x->hash > y->hash) - (x->hash < y->hash);
}

static void
sort(struct gv_prints *p)
{
	size_t i;

	for (i = 1; i < p->n && p->items[i - 1].hash <= p->items[i].hash; i++)
		continue;
	if (i < p->n)
		qsort(p->items, p->n, sizeof(*p->items), by_hash);
}

static size_t
count_common(struct gv_prints *a, struct gv_prints *b)
{
	size_t i, k = 0, n = 0;

	sort(a);
	sort(b);
	for (i = 0; i < a->n; i++) {
		while (k < b->n && b->items[k].hash < a->items[i].hash)
			k++;
		n += k < b->n && b->items[k].hash == a->items[i].hash;
	}
	return n;
}

unsigned
gv_prints_alike(struct gv_prints *a, struct gv_prints *b)
{
	return a->n ? (unsigned)(100 * count_common(a, b) / a->n) : 0;
}

unsigned
gv_prints_shared(struct gv_prints *a, struct gv_prints *b)
{
	struct gv_prints *small = a->n < b->n ? a : b;
	const size_t n = count_common(small, small == a ? b : a);

	return n < GV_PRINT_LEAST ? 0 : (unsigned)(100 * n / small->n);
}

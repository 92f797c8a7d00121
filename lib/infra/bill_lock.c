#include "infra/bill_internal.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

#define WORD_MAX 2048

/* A text that is read from its beginning to its end. */
struct text {
	struct gv_bill *out;
	const char *file, *p, *end;
	size_t line;
};

static int
wrong(const struct text *in, const char *what)
{
	return gv_err(GV_EREFUSED, "%s:%zu: %s", in->file, in->line, what);
}

/* ---- Go ----------------------------------------------------------------- */

/* MODULE VERSION HASH; of VERSION/go.mod the hash is that of one file, which is
 * nothing that is built. */
static int
read_module(struct text *in, const char *line, size_t len)
{
	char word[3][WORD_MAX];
	const char *p = line, *end = line + len;
	size_t i, n;

	for (i = 0; i < 3; i++) {
		while (p < end && *p == ' ')
			p++;
		for (n = 0; p + n < end && p[n] != ' ';)
			n++;
		if (n == 0 || n >= WORD_MAX || memchr(p, '\0', n))
			return wrong(in,
			    "a line of it has a module, a version and a hash");
		memcpy(word[i], p, n);
		word[i][n] = '\0';
		p += n;
	}
	if (p != end)
		return wrong(
		    in, "a line of it has a module, a version and a hash");
	n = strlen(word[1]);
	if (n > 7 && strcmp(word[1] + n - 7, "/go.mod") == 0)
		return 0;
	return gv_bill_add(in->out, NULL, in->file,
	    &(struct gv_bill_item){ .name = word[0],
		.version = word[1],
		.digest = word[2],
		.line = in->line });
}

int
gv_bill_read_gosum(
    struct gv_bill *out, const char *name, const char *data, size_t len)
{
	struct text in = { out, name, data, data + len, 1 };
	int r = 0;

	for (; r == 0 && in.p < in.end; in.line++) {
		const char *nl = memchr(in.p, '\n', (size_t)(in.end - in.p));
		size_t n = (size_t)((nl ? nl : in.end) - in.p);

		if (n && in.p[n - 1] == '\r')
			n--;
		if (n)
			r = read_module(&in, in.p, n);
		in.p = nl ? nl + 1 : in.end;
	}
	return r;
}

/* ---- Terraform ---------------------------------------------------------- */

/*
 *	provider "registry.terraform.io/hashicorp/aws" {
 *	  version     = "5.31.0"
 *	  constraints = "~> 5.0"
 *	  hashes = [
 *	    "h1:…",
 *	    "zh:…",
 *	  ]
 *	}
 *
 * The tool writes nothing else, so no more of its language is read here.
 */
static void
skip_blanks(struct text *in)
{
	for (; in->p < in->end; in->p++) {
		if (*in->p == '#' ||
		    (*in->p == '/' && in->p + 1 < in->end && in->p[1] == '/'))
			while (in->p < in->end && *in->p != '\n')
				in->p++;
		if (in->p == in->end || !isspace((unsigned char)*in->p))
			return;
		in->line += *in->p == '\n';
	}
}

static bool
take(struct text *in, char c)
{
	skip_blanks(in);
	if (in->p == in->end || *in->p != c)
		return false;
	in->p++;
	return true;
}

/* A name, or where `quoted` a text without escapes. */
static int
take_word(struct text *in, char out[WORD_MAX], bool quoted)
{
	size_t n = 0;

	skip_blanks(in);
	if (quoted && !take(in, '"'))
		return wrong(in, "a text in quotes is missing");
	for (; in->p < in->end && n < WORD_MAX - 1; in->p++) {
		unsigned char c = (unsigned char)*in->p;

		if (quoted ? c == '"' || c == '\\' || c < ' '
			   : !isalnum(c) && c != '_' && c != '-')
			break;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	if (quoted && (in->p == in->end || *in->p++ != '"'))
		return wrong(in, "a text is not closed, or has an escape");
	return n || quoted ? 0 : wrong(in, "a name is missing");
}

static int
read_hashes(struct text *in, const char *provider, const char *version)
{
	char word[WORD_MAX];
	int r = take(in, '[') ? 0 : wrong(in, "a list of hashes is missing");

	while (r == 0 && !take(in, ']')) {
		if ((r = take_word(in, word, true)) == 0)
			r = gv_bill_add(in->out, NULL, in->file,
			    &(struct gv_bill_item){ .name = provider,
				.version = version,
				.digest = word,
				.line = in->line });
		if (r == 0 && !take(in, ',')) {
			if (!take(in, ']'))
				r = wrong(in, "a list is not closed");
			break;
		}
	}
	return r;
}

/* The version stands before the hashes, as the tool sorts them. */
static int
read_provider(struct text *in)
{
	char provider[WORD_MAX], key[WORD_MAX], word[WORD_MAX];
	char version[WORD_MAX] = "";
	int r = take_word(in, provider, true);

	if (r == 0 && !take(in, '{'))
		r = wrong(in, "a block is not opened");
	while (r == 0 && !take(in, '}')) {
		if ((r = take_word(in, key, false)) == 0 && !take(in, '='))
			r = wrong(in, "an argument has no value");
		if (r < 0)
			break;
		if (strcmp(key, "hashes") == 0) {
			r = read_hashes(in, provider, version);
			continue;
		}
		r = take_word(in, word, true);
		if (strcmp(key, "version") == 0)
			memcpy(version, word, sizeof(version));
	}
	return r;
}

int
gv_bill_read_terraform(
    struct gv_bill *out, const char *name, const char *data, size_t len)
{
	struct text in = { out, name, data, data + len, 1 };
	char word[WORD_MAX];
	int r = 0;

	if (memchr(data, '\0', len))
		return wrong(&in, "it has a byte of zero in it");
	for (skip_blanks(&in); r == 0 && in.p < in.end; skip_blanks(&in)) {
		if ((r = take_word(&in, word, false)) == 0 &&
		    strcmp(word, "provider") != 0)
			r = wrong(&in, "it has a block other than provider");
		if (r == 0)
			r = read_provider(&in);
	}
	return r;
}

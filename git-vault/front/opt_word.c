#include "git-vault/front/opt_word.h"

#include <stdbool.h>
#include <string.h>

#define NAMES 3

/* What other tools call an option, and our names, the likeliest first. */
static const struct {
	const char *words;
	const char *names[NAMES];
} option_words[] = {
	{ "m message msg comment note description why",
	    { "message", "reason" } },
	{ "f force y assume-yes noconfirm auto-approve", { "yes", "force" } },
	{ "dry what-if simulate plan noop check", { "dry-run" } },
	{ "n max max-count count number last head tail", { "limit" } },
	{ "e environment stage", { "env" } },
	{ "s workspace name id", { "stack" } },
	{ "o out file save-to", { "output", "to" } },
	{ "t target dest destination dir directory into", { "to" } },
	{ "a everything", { "all" } },
	{ "after newer-than from", { "since" } },
	{ "before older-than", { "until", "older-than" } },
	{ "i key recipient identity-file private-key", { "identity" } },
	{ "p patch password passphrase", { "patch", "passphrase-file" } },
	{ "remove prune rm d", { "delete" } },
	{ "reveal decrypt show-secrets plaintext values", { "secrets" } },
	{ "short compact one-line", { "oneline" } },
	{ "wide full no-trunc", { "long" } },
	{ "silent s", { "quiet" } },
	{ "debug", { "verbose" } },
	{ "format output-format", { "json" } },
	{ "host hostname", { "host" } },
	{ "exclude ignore", { "exclude" } },
	{ "i include", { "include" } },
	{ "g sign S", { "sign" } },
	{ "j threads parallel", { "jobs" } },
};

bool
gv_opt_word_is_among(const char *words, const char *text, size_t len)
{
	size_t n;

	for (; *words; words += n + (words[n] == ' ')) {
		n = strcspn(words, " ");
		if (n == len && memcmp(words, text, n) == 0)
			return true;
	}
	return false;
}

const char *
gv_opt_word(const char *word, size_t len, size_t i)
{
	const size_t rows = sizeof(option_words) / sizeof(*option_words);
	size_t k, n;

	for (k = 0; k < rows; k++) {
		if (!gv_opt_word_is_among(option_words[k].words, word, len))
			continue;
		for (n = 0; n < NAMES && option_words[k].names[n]; n++)
			if (i-- == 0)
				return option_words[k].names[n];
	}
	return NULL;
}

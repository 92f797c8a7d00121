#ifndef GV_SCAN_INTERNAL_H
#define GV_SCAN_INTERNAL_H
/*
 * Shared by the parts of a scan: scan_run.c runs the gate, scan_token.c judges
 * tokens of a known form, scan_scanner.c those that are found by hand-written
 * code, scan_pair.c names and values, scan_generic.c these without a rule of a
 * provider, scan_none.c which mean nothing, scan_place.c where they are,
 * scan_file.c paths, scan_near.c the text around a finding, scan_decode.c and
 * scan_string.c encoded text, and scan_merge.c combines findings of several
 * rules.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/spantree.h"
#include "scan/scanner.h"
#include "lex/lex.h"
#include "lex/name.h"
#include "scan/scan.h"
#include "scan/score.h"
#include "scan/shape.h"
#include "scan/value.h"

#define GV_SCAN_NAMES    256 /* that are remembered; 2^n, as the next */
#define GV_SCAN_VALUES   64
#define GV_SCAN_NAME_MAX 40  /* bytes of a name that is remembered */
#define GV_SCAN_WORDS    6   /* words of rules in one name */
#define GV_SCAN_AROUND   8   /* words of rules in front of it */
#define GV_SCAN_POLL     256 /* hits from one question to the next; 2^n */
#define GV_SCAN_WITHIN                                                         \
	512             /* bytes in front in which a provider's word counts */
#define GV_SCAN_NEARS 8 /* rules whose surroundings are remembered */

struct gv_rule;
struct gv_ruleset;

/* A name that was judged, and what of the rules is in it. */
struct gv_scan_name {
	char text[GV_SCAN_NAME_MAX];
	size_t len; /* 0: none */
	enum gv_name promise;
	unsigned short words[GV_SCAN_WORDS];
	size_t n_words;
};

/* A value is not copied: it is known for the text that it stands in. */
struct gv_scan_value {
	unsigned run; /* in which it was seen */
	size_t hash;
	size_t at, len;
	struct gv_value value;
};

/* Names and values come again and again, names in many files: those last seen,
 * by their hashes. */
struct gv_scan_known {
	const struct gv_ruleset *set;
	unsigned run;
	struct gv_scan_name names[GV_SCAN_NAMES];
	struct gv_scan_value values[GV_SCAN_VALUES];
	struct gv_scan_name long_name;
};

/* A word of rules that stands in front of a name. */
struct gv_scan_around {
	unsigned short word;
	size_t at;
};

/* Where a word of the context of a rule stands, and where none does. */
struct gv_scan_near {
	const struct gv_rule *rule;
	size_t longest;              /* bytes of one of its words */
	bool knows_path, is_in_path; /* whether one is in the path */
	size_t none_from, none_to;   /* between these none begins */
	bool has_word;
	size_t at;
	size_t from, to;
};

/* The line that was asked for last: no end of one is from `from` to `to`, and
 * whether one is right in front, or nobody has looked. */
struct gv_scan_line {
	size_t from, to;
	bool is_known;
};

/* Lines of a comment, one below the other, that say nothing of an example. */
struct gv_scan_silent {
	size_t from, to, lines;
};

struct gv_scan_run {
	struct gv_scan *scan;
	struct gv_ruleset *set;
	struct gv_lex lex;
	const char *path;
	bool has_begun;  /* to read names */
	unsigned syntax; /* + 1; 0: nobody has asked */
	unsigned hits;
	int is_example; /* -1: not yet looked */
	/* looked at with it */
	bool is_prose, is_pattern, is_translation, is_settings;
	int is_binary; /* -1: not yet looked */
	int depth;     /* how often what is scanned was decoded */
	size_t anchor; /* length of the literal that stands here */
	const struct gv_rule *generic; /* what a plain name and value come to */
	size_t comment;                /* the literal of one that allows */
	size_t k8s_end; /* behind the last Secret that was read */
	const struct gv_rule *k8s;
	struct gv_spantree tree; /* of the whole text, once it is needed */
	struct gv_spantree_cursor known;
	size_t doc_from, doc_to; /* the last string of documentation */
	size_t doc_seen;         /* up to where these were looked for */
	size_t flow_used;        /* bytes searched for flow maps so far */
	struct gv_spantree flow; /* of the last flow map */
	bool has_tree, has_secrets;
	/* rule of marked values; the rule that asks now */
	const struct gv_rule *marked, *marking;
	size_t tfstate_end[2]; /* the same of marked outputs and attributes */
	const struct gv_rule *tfstate;
	size_t accounts_end; /* the same of lists of accounts */
	const struct gv_rule *accounts;
	struct gv_shape_runs runs;   /* of tokens */
	const struct gv_rule *token; /* what was found last, */
	size_t token_end;            /* and what is behind it */
	struct gv_scan_near near[GV_SCAN_NEARS];
	struct gv_scan_around around[GV_SCAN_AROUND];
	size_t n_around, around_end; /* up to where they were looked for */
	size_t around_last;          /* where the last of them stands */
	struct gv_scan_line line;
	struct gv_scan_silent silent;
	const struct gv_scan_name *name; /* that is read, once judged */
};

/* How a text is written. */
struct gv_scan_code {
	enum gv_scan_encoding encoding;
	/* Reads one character at `at`: its bytes into `out`, *n of them, and
	 * how many it takes there, at least one. NULL: there are no places. */
	size_t (*step)(
	    const char *p, size_t at, size_t end, char out[4], unsigned *n);
	/* The next place, or `end`, in front of which all bytes are what they
	 * seem. NULL: there are none such. */
	size_t (*find)(const char *p, size_t at, size_t end);
};

/* What was decoded from a part of the text. */
struct gv_scan_piece {
	size_t from, to;
	char *p; /* own */
	size_t len;
	const struct gv_scan_code *code;
	const char *path;
};

/* How the text assigns values to names: of the whole file. */
enum gv_syntax gv_scan_syntax(struct gv_scan_run *run);

/* Scan the text of a run, without lines and keys: findings by place. */
int gv_scan_text(struct gv_scan_run *run);

/* Scan what is encoded in the text, which may be all of it. */
int gv_scan_decode(struct gv_scan_run *run);

/* What is written otherwise than it is meant: escapes in strings of JSON,
 * percent signs of URLs, strings that are put together. */
int gv_scan_strings(struct gv_scan_run *run);

/* Decode a piece from `from` to `to` by its steps, to `growth` bytes of one at
 * most, and scan that. */
int gv_scan_piece(
    struct gv_scan_run *run, struct gv_scan_piece *piece, size_t growth);

/* Add a finding as it is, or after ranking it. 0 or GV_ENOMEM. */
int gv_scan_push(struct gv_scan_run *run, const struct gv_scan_finding *f);
int gv_scan_add(struct gv_scan_run *run, struct gv_scan_finding *f);

/* What a part of the text is, which may have been judged before; good until the
 * next one is. NULL, with the message set, without memory. */
const struct gv_value *
gv_scan_know_value(struct gv_scan_run *run, size_t at, size_t len);

/* Set what the path says of the whole file, of is_example and the next. */
void gv_scan_look_at_path(struct gv_scan_run *run);

/* Lower the grade of what is in an example, by one at most. */
void gv_scan_temper(struct gv_scan_run *run, struct gv_scan_finding *f);

/* Whether a program shows it in its documentation: in a string over several
 * lines that is called EXAMPLES, DOCUMENTATION and the like. Calls come about
 * in the order of the text. */
bool gv_scan_is_documented(struct gv_scan_run *run, size_t at);

/* Whether it is in a comment that says, in a line above, that it shows an
 * example: @example, of what makes documents out of comments. */
bool gv_scan_is_in_example(struct gv_scan_run *run, size_t at);

/* Whether it is in a comment that begins its line, or in a text for people. */
bool gv_scan_is_remark(struct gv_scan_run *run, size_t at);

/* What the validator of its rule says raises the grade, and never takes a
 * finding away. */
void gv_scan_prove(struct gv_scan_finding *f, const char *secret);

/* Whether one of the words that the rule asks for is near, or in the path. */
bool gv_scan_has_context(
    struct gv_scan_run *run, const struct gv_rule *rule, size_t at);

/* Whether a short look tells that neither has such a word. */
bool gv_scan_lacks_context(
    struct gv_scan_run *run, const struct gv_rule *rule, size_t at);

/* Remember the words of rules that stand close in front of a name at `at`, in
 * run->around. Calls come about in the order of the text. */
void gv_scan_look_around(struct gv_scan_run *run, size_t at);

/* What is found where an anchor of rule `number` stands: of its pattern, of its
 * scanner, of the name that the anchor is part of. 0, or an error. */
int gv_scan_token(struct gv_scan_run *run, size_t number, size_t at);
int gv_scan_by_scanner(struct gv_scan_run *run, size_t number, size_t at);
int gv_scan_k8s(struct gv_scan_run *run, size_t number, size_t at);
int gv_scan_marked(struct gv_scan_run *run, size_t number, size_t at);
int gv_scan_tfstate(struct gv_scan_run *run, size_t number, size_t at);

/* Find the values of a Secret in the lines around its kind, in a document that
 * cannot be read as a whole. */
int gv_scan_k8s_near(struct gv_scan_run *run, size_t number, size_t at);

/* Add a value of a Secret, or with the rule run->marked one that a tool marks
 * as secret. */
struct gv_k8s_value;
int
gv_scan_k8s_value(struct gv_scan_run *run, const struct gv_k8s_value *value);
int
gv_scan_marked_value(struct gv_scan_run *run, const struct gv_k8s_value *value);

/* Scan the inside of a JSON string, with its escapes. */
int gv_scan_escaped(struct gv_scan_run *run, size_t from, size_t to);

/* Find copies of what was found: in clear, in base64, in a JSON string and in a
 * URL. Call it after the merge. 0 or GV_ENOMEM. */
int gv_scan_echo(struct gv_scan_run *run);
int gv_scan_accounts(struct gv_scan_run *run, size_t number, size_t at);

/* The same of each line, of a file that holds nothing else. */
int gv_scan_account_lines(struct gv_scan_run *run, const struct gv_rule *rule);
int gv_scan_pair(struct gv_scan_run *run, size_t at, size_t len);

/* Judge a pair by what its name promises and its value looks like. 0 or
 * GV_ENOMEM. */
int gv_scan_generic(struct gv_scan_run *run, const struct gv_lex_pair *pair,
    const struct gv_value *v);

/* Where a pair is; and whether a comment begins the line of what is at `at`. */
enum gv_score_place
gv_scan_place(struct gv_scan_run *run, const struct gv_lex_pair *pair);
bool gv_scan_is_commented_out(struct gv_scan_run *run, size_t at);

/* Whether it is no secret in whatever place; `v` is what its value is. */
bool gv_scan_is_none(struct gv_scan_run *run, const struct gv_lex_pair *pair,
    const struct gv_value *v);

/* Whether the value is not text and there are control characters in it or in
 * front of its name: in such noise any name occurs by chance. So it does where
 * most bytes are no ASCII, while text in an encoding of its own has few. */
bool gv_scan_is_noise(const char *text, const struct gv_lex_pair *pair);

/* Whether a bare "key" is that of a service, by the name of the section or the
 * map that it is in: api, jwt. */
bool gv_scan_is_key_of_service(
    const struct gv_lex *lex, const struct gv_lex_pair *pair);

/* Whether base 64 of something that is no secret: a template, a placeholder. */
bool gv_scan_is_none_in_base64(const char *p, size_t len);

/* How long the value of a name with this promise must be at least. */
size_t gv_scan_least(enum gv_name promise);

/* What the path says by itself. */
int gv_scan_file(struct gv_scan_run *run);

/* One finding a place, the best, in order; then their lines and columns. */
void gv_scan_merge(struct gv_scan *scan);
void gv_scan_locate(struct gv_scan *scan, const char *text);

/* Where in the structure of the file each finding stands. 0 or GV_ENOMEM. And
 * without those that are no secrets there. */
int gv_scan_paths(struct gv_scan_run *run);
void gv_scan_drop_public(struct gv_scan_run *run);

#endif

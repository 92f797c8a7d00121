#ifndef GV_SCORE_H
#define GV_SCORE_H
/*
 * How likely a value is a secret under the name that it is assigned to: a sum
 * of points for what its name promises, what it looks like, and where it is.
 * Each part can be shown to the user, and weighed against labelled data.
 *
 *	score.name = gv_name_judge(name, n);
 *	score.value = gv_score_value(&v, text, len);
 *	score.place = GV_SCORE_SETTING;
 *	if (gv_score_sum(&score) >= GV_SCORE_LIKELY) …
 */

#include <stdbool.h>
#include <stddef.h>

#include "lex/name.h"
#include "scan/value.h"

#define GV_SCORE_LIKELY 20 /* points from which a value is graded likely */
#define GV_SCORE_POSSIBLE                                                      \
	(-10) /* and possible; with fewer it is no finding                     \
	       */

/* What a value looks like; the first are never a secret. */
enum gv_score_value {
	GV_SCORE_NOTHING, /* a reference, a placeholder, nothing at all */
	GV_SCORE_PROSE,   /* a sentence, a label */
	GV_SCORE_ITSELF,  /* what a secret is called: app-db-password */
	GV_SCORE_WORDS,   /* words joined by signs: velvet-anchor */
	GV_SCORE_PHRASE,  /* words with blanks between, and no sentence */
	GV_SCORE_WORD,    /* one word, maybe with a number behind it */
	GV_SCORE_DIGITS,
	GV_SCORE_JUMBLE, /* letters that make no word */
	GV_SCORE_MIXED,  /* several kinds of characters */
	GV_SCORE_UUID,
	GV_SCORE_RANDOM, /* as much entropy as a generated key */
	GV_SCORE_VALUES,
};

/* Where it is. */
enum gv_score_place {
	GV_SCORE_SETTING, /* in a file that a program reads its settings from */
	GV_SCORE_CODE,    /* in a program */
	GV_SCORE_COMPARISON, /* compared with, not assigned to */
	GV_SCORE_COMMENT,
	GV_SCORE_LINE,     /* all of a line in a text, such as a README */
	GV_SCORE_SENTENCE, /* among the words of a text */
	GV_SCORE_TRANSLATION,
	GV_SCORE_PLACES,
};

struct gv_score {
	unsigned char name;  /* of enum gv_name; 0: nothing was scored */
	unsigned char value; /* of enum gv_score_value */
	unsigned char place; /* of enum gv_score_place */
};

/* What a value looks like that gv_value_judge() has judged. */
enum gv_score_value
gv_score_value(const struct gv_value *v, const char *p, size_t len);

/* Whether letters of a word are among others; `v` is what it was judged. */
bool gv_score_has_word(const struct gv_value *v, const char *p, size_t len);

/* Whether words make up most of it: "etcd-cluster-1", "UserPassword". */
bool gv_score_is_wordy(const char *p, size_t len);

/* Whether one of its words is what a secret is called: app-db-password. */
bool gv_score_is_itself(const char *p, size_t len);

/* Whether it is digits in three groups at least: 4711-0815-1234. A date and
 * most numbers of telephones have fewer. */
bool gv_score_is_grouped(const char *p, size_t len);

/* Whether it is called as constants are: UPDATE_ACCESS_KEY. */
bool gv_score_is_constant(const char *p, size_t len);

/* Whether it says that another is meant: some-password, YourToken. */
bool gv_score_is_vague(const char *p, size_t len);

/* Whether it is letters that end with such a word: mydbpassword, MYBINDPW. */
bool gv_score_ends_itself(const char *p, size_t len);

/* Whether it is such a word with signs for letters: p@ssw0rd. */
bool gv_score_is_leet(const char *p, size_t len);

/* Whether it ends with one: T0pS3cr3t. */
bool gv_score_ends_leet(const char *p, size_t len);

/* The same as is_wordy with a number behind it: minio123, newRootPassword1. */
bool gv_score_is_common(const char *p, size_t len);

/* The points of each part, and their sum. */
int gv_score_of_name(const struct gv_score *score);
int gv_score_of_value(const struct gv_score *score);
int gv_score_of_place(const struct gv_score *score);
int gv_score_sum(const struct gv_score *score);

/* Each part as a sentence without its end. */
const char *gv_score_tell_name(const struct gv_score *score);
const char *gv_score_tell_value(const struct gv_score *score);
const char *gv_score_tell_place(const struct gv_score *score);

#endif

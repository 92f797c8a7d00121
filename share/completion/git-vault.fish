# Completion of git-vault and, through fish's completion of git, of git vault.
#
# Everything that can be offered comes from `git-vault completion candidates`,
# one process each time. This file only hands it the line, and its answer to
# fish.

function __git_vault_candidates
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lead (string match -r -- '^--[^=]*=' $current)
    set -e words[1]
    set -l lines
    if command -sq git-vault
        set lines (command git-vault completion candidates fish -- \
            (string escape -- $words) "$current" 2>/dev/null)
    else
        set lines (command git vault completion candidates fish -- \
            (string escape -- $words) "$current" 2>/dev/null)
    end
    switch "$lines[1]"
        case files
            printf "$lead%s\n" (__fish_complete_path (string replace -- "$lead" '' "$current"))
        case dirs
            printf "$lead%s\n" (__fish_complete_directories (string replace -- "$lead" '' "$current"))
        case '*'
            printf '%s\n' $lines[2..-1]
    end
end

complete -c git-vault -f -k -a '(__git_vault_candidates)'

# Completion of vdk in fish. The words come from vdk itself: vdk completion fish prints this file.
# fish tells nothing of what stands behind the cursor.
function __vdk_complete
    set -l before (commandline -opc)
    set -l token (commandline -ct)
    # A word such as time or sudo may stand in front.
    for at in (seq (count $before))
        if string match -q -r -- '(^|/)vdk$' $before[$at]
            set before $before[$at..]
            break
        end
    end
    set -l vdk (string replace -r -- '^~' $HOME $before[1])
    type -q -f -- $vdk; or set vdk vdk
    # A quote that is still open is no part of the word.
    set -l word (string unescape -- $token 2>/dev/null; or string replace -r '^(--[a-z-]+=)?[\'"]' '$1' -- $token)
    set -l answer (printf '%s\0' $before "$word" | command $vdk __complete fish (count $before) 2>/dev/null)
    switch "$answer[1]"
        case words beginnings
            string join -- \n $answer[2..]
        case files
            set -l option (string match -r -- '^--[a-z-]+=' $token)
            for file in (complete -C "'' "(string replace -- "$option" '' $token))
                echo -- "$option$file"
            end
        case 'program *'
            set -l first (string replace 'program ' '' $answer[1])
            set -l program $before[(math $first + 1)..]
            complete -C (string join ' ' -- (string escape -- $program) $token)
    end
end
complete -c vdk -f -a '(__vdk_complete)'

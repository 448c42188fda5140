
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'vdk' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'vdk'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'vdk' {
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log level for stderr; values and tokens are never logged [default: INFO]')
            [CompletionResult]::new('--verbosity', '--verbosity', [CompletionResultType]::ParameterName, 'Log level for stderr; values and tokens are never logged [default: INFO]')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The same as -v DEBUG')
            [CompletionResult]::new('--dev', '--dev', [CompletionResultType]::ParameterName, 'The same as -v DEBUG')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('secrets', 'secrets', [CompletionResultType]::ParameterValue, 'Set, get, list and delete secrets of a data job')
            [CompletionResult]::new('properties', 'properties', [CompletionResultType]::ParameterValue, 'Set, get, list and delete properties of a data job')
            [CompletionResult]::new('jobs', 'jobs', [CompletionResultType]::ParameterValue, 'List the jobs of a team that have secrets or properties')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check what a job''s code needs against what is set')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in to a Control Service')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Forget the login, and revoke it if the provider can')
            [CompletionResult]::new('access', 'access', [CompletionResultType]::ParameterValue, 'Show and change the roles in a team')
            [CompletionResult]::new('set-default', 'set-default', [CompletionResultType]::ParameterValue, 'Save a default team or Control Service')
            [CompletionResult]::new('reset-default', 'reset-default', [CompletionResultType]::ParameterValue, 'Forget a saved default')
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Show the version of a Control Service, and its Python versions')
            [CompletionResult]::new('local', 'local', [CompletionResultType]::ParameterValue, 'Maintain the encrypted store on this machine (-u local)')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Show the version')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print the completions of a shell')
            [CompletionResult]::new('server', 'server', [CompletionResultType]::ParameterValue, 'Run a Control Service on this machine')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'vdk;secrets' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Set a secret; without VALUE a hidden prompt asks for it')
            [CompletionResult]::new('--set-prompt', '--set-prompt', [CompletionResultType]::ParameterName, 'Set a secret from a hidden prompt, or from a line of stdin without a terminal')
            [CompletionResult]::new('--set-file', '--set-file', [CompletionResultType]::ParameterName, 'Set a secret from a file, byte for byte; - is stdin')
            [CompletionResult]::new('--set-json', '--set-json', [CompletionResultType]::ParameterName, 'Set a secret to a JSON value: a number, boolean, null, array or object')
            [CompletionResult]::new('--delete', '--delete', [CompletionResultType]::ParameterName, 'Delete keys: one or several')
            [CompletionResult]::new('--overwrite-all', '--overwrite-all', [CompletionResultType]::ParameterName, 'Replace all secrets by the JSON object in FILE; - is stdin')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print a secret; may be repeated')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format [default: text]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format [default: text]')
            [CompletionResult]::new('--expiring', '--expiring', [CompletionResultType]::ParameterName, 'With --list: the keys of all jobs of the team that are due within TIME, such as 30d')
            [CompletionResult]::new('--set-generated', '--set-generated', [CompletionResultType]::ParameterName, 'Set a secret to random characters; LENGTH is 32 if it is left out')
            [CompletionResult]::new('--alphabet', '--alphabet', [CompletionResultType]::ParameterName, 'The characters of generated values [default: alphanumeric]')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--delete-all', '--delete-all', [CompletionResultType]::ParameterName, 'Delete all secrets of the job')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show which keys a write would add, change, keep and remove')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List the keys')
            [CompletionResult]::new('--get-all', '--get-all', [CompletionResultType]::ParameterName, 'List keys and values')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Show the values too, with --list')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'With --expiring: exit with 1 if any key is due')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Print the generated value')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run a program with the secrets as environment variables')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Print the secrets in the format of another program, or write them to a file')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Take in secrets from a file of another program')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Compare the secrets with those of another job, version or file')
            [CompletionResult]::new('copy', 'copy', [CompletionResultType]::ParameterValue, 'Copy secrets to another job, team or Control Service')
            [CompletionResult]::new('move', 'move', [CompletionResultType]::ParameterValue, 'Move secrets to another job, team or Control Service, or rename them')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Change secrets in your editor')
            [CompletionResult]::new('find', 'find', [CompletionResultType]::ParameterValue, 'Find a value, or keys by name, in all jobs of the team')
            [CompletionResult]::new('replace', 'replace', [CompletionResultType]::ParameterValue, 'Replace a value by another one in all jobs of the team')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show who wrote which secrets, and when')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Restore an older version of all secrets')
            [CompletionResult]::new('describe', 'describe', [CompletionResultType]::ParameterValue, 'Show or change what is known of secrets: whose they are, and when they are due')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Replace the value of a secret, and record the day')
            break
        }
        'vdk;secrets;exec' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only these keys; * stands for any text')
            [CompletionResult]::new('--except', '--except', [CompletionResultType]::ParameterName, 'All keys but these')
            [CompletionResult]::new('--names', '--names', [CompletionResultType]::ParameterName, 'upper: db-user is DB_USER; keep: the key as it is')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'Put this before each name')
            [CompletionResult]::new('--map', '--map', [CompletionResultType]::ParameterName, 'Give a key a variable of its own')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Write the value to a private file; VAR is its path')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'With --clean-env: pass these variables, too')
            [CompletionResult]::new('--preserve-env', '--preserve-env', [CompletionResultType]::ParameterName, 'Variables that are set already win, or these of them')
            [CompletionResult]::new('--redact', '--redact', [CompletionResultType]::ParameterName, 'Replace values in what the program prints')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--with-properties', '--with-properties', [CompletionResultType]::ParameterName, 'Pass the properties as well; secrets win')
            [CompletionResult]::new('--clean-env', '--clean-env', [CompletionResultType]::ParameterName, 'Pass only PATH, HOME and the like of this environment')
            [CompletionResult]::new('--keep-login', '--keep-login', [CompletionResultType]::ParameterName, 'Pass VDK_API_TOKEN and the like, which are unset otherwise')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show the variables, and run nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;secrets;export' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format [default: by the ending of --out]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format [default: by the ending of --out]')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write a file that only you can read, instead of stdout')
            [CompletionResult]::new('--manifest-name', '--manifest-name', [CompletionResultType]::ParameterName, 'k8s: the name of the Secret [default: the job''s]')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'k8s: its namespace')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only these keys; * stands for any text')
            [CompletionResult]::new('--except', '--except', [CompletionResultType]::ParameterName, 'All keys but these')
            [CompletionResult]::new('--names', '--names', [CompletionResultType]::ParameterName, 'keep: the key as it is; upper: db-user is DB_USER')
            [CompletionResult]::new('--strip-prefix', '--strip-prefix', [CompletionResultType]::ParameterName, 'Leave this out where a key begins with it')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'Put this before each key, and then apply --names')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;secrets;import' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Its format [default: by its ending]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Its format [default: by its ending]')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only these keys; * stands for any text')
            [CompletionResult]::new('--except', '--except', [CompletionResultType]::ParameterName, 'All keys but these')
            [CompletionResult]::new('--names', '--names', [CompletionResultType]::ParameterName, 'keep: the key as it is; upper: db-user is DB_USER')
            [CompletionResult]::new('--strip-prefix', '--strip-prefix', [CompletionResultType]::ParameterName, 'Leave this out where a key begins with it')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'Put this before each key, and then apply --names')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would happen to each key, and change nothing')
            [CompletionResult]::new('--overwrite', '--overwrite', [CompletionResultType]::ParameterName, 'Replace stored values that differ')
            [CompletionResult]::new('--keep-existing', '--keep-existing', [CompletionResultType]::ParameterName, 'Leave stored keys as they are')
            [CompletionResult]::new('--replace', '--replace', [CompletionResultType]::ParameterName, 'Delete all keys that are not in the file; asks first')
            [CompletionResult]::new('--literal', '--literal', [CompletionResultType]::ParameterName, 'Take text as it stands where readers of dotenv or YAML differ')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;secrets;diff' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--to-name', '--to-name', [CompletionResultType]::ParameterName, 'The other data job')
            [CompletionResult]::new('--to-team', '--to-team', [CompletionResultType]::ParameterName, 'The other team')
            [CompletionResult]::new('--to-url', '--to-url', [CompletionResultType]::ParameterName, 'The other Control Service, or local')
            [CompletionResult]::new('--to-version', '--to-version', [CompletionResultType]::ParameterName, 'An older version, as history shows it')
            [CompletionResult]::new('--to-file', '--to-file', [CompletionResultType]::ParameterName, 'A file, as import reads it; - is stdin')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Its format [default: by its ending]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Its format [default: by its ending]')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 1 if anything differs')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Show the values that differ')
            [CompletionResult]::new('--to-secrets', '--to-secrets', [CompletionResultType]::ParameterName, 'The secrets')
            [CompletionResult]::new('--to-properties', '--to-properties', [CompletionResultType]::ParameterName, 'The properties')
            [CompletionResult]::new('--literal', '--literal', [CompletionResultType]::ParameterName, 'Take text as it stands where readers of dotenv or YAML differ')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;secrets;copy' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--to-name', '--to-name', [CompletionResultType]::ParameterName, 'The other data job')
            [CompletionResult]::new('--to-team', '--to-team', [CompletionResultType]::ParameterName, 'The other team')
            [CompletionResult]::new('--to-url', '--to-url', [CompletionResultType]::ParameterName, 'The other Control Service, or local')
            [CompletionResult]::new('--rename', '--rename', [CompletionResultType]::ParameterName, 'Give a key another name there')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'Put this before the name of each other key')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'All keys')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would happen to each key, and change nothing')
            [CompletionResult]::new('--to-secrets', '--to-secrets', [CompletionResultType]::ParameterName, 'The secrets')
            [CompletionResult]::new('--to-properties', '--to-properties', [CompletionResultType]::ParameterName, 'The properties')
            [CompletionResult]::new('--overwrite', '--overwrite', [CompletionResultType]::ParameterName, 'Replace stored values that differ')
            [CompletionResult]::new('--keep-existing', '--keep-existing', [CompletionResultType]::ParameterName, 'Leave stored keys as they are')
            [CompletionResult]::new('--yes-expose', '--yes-expose', [CompletionResultType]::ParameterName, 'Make secrets properties, which are shown and may be stored as plain text')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;secrets;move' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--to-name', '--to-name', [CompletionResultType]::ParameterName, 'The other data job')
            [CompletionResult]::new('--to-team', '--to-team', [CompletionResultType]::ParameterName, 'The other team')
            [CompletionResult]::new('--to-url', '--to-url', [CompletionResultType]::ParameterName, 'The other Control Service, or local')
            [CompletionResult]::new('--rename', '--rename', [CompletionResultType]::ParameterName, 'Give a key another name there')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'Put this before the name of each other key')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'All keys')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would happen to each key, and change nothing')
            [CompletionResult]::new('--to-secrets', '--to-secrets', [CompletionResultType]::ParameterName, 'The secrets')
            [CompletionResult]::new('--to-properties', '--to-properties', [CompletionResultType]::ParameterName, 'The properties')
            [CompletionResult]::new('--overwrite', '--overwrite', [CompletionResultType]::ParameterName, 'Replace stored values that differ')
            [CompletionResult]::new('--keep-existing', '--keep-existing', [CompletionResultType]::ParameterName, 'Leave stored keys as they are')
            [CompletionResult]::new('--yes-expose', '--yes-expose', [CompletionResultType]::ParameterName, 'Make secrets properties, which are shown and may be stored as plain text')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;secrets;edit' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Go on with the text that could not be stored')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;secrets;find' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Find keys by name; * stands for any text. No value is asked for')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Look in these jobs: a name a line; - is stdin. For services that list no jobs')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--contains', '--contains', [CompletionResultType]::ParameterName, 'Also find the value as a part of others, such as of a URL or a JSON object, and encoded')
            [CompletionResult]::new('--short', '--short', [CompletionResultType]::ParameterName, 'Allow a value of fewer than 4 characters')
            [CompletionResult]::new('--both', '--both', [CompletionResultType]::ParameterName, 'Look in the secrets and the properties')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;secrets;replace' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--old-file', '--old-file', [CompletionResultType]::ParameterName, 'Read the old value from a file, without the line end behind it; - is stdin')
            [CompletionResult]::new('--new-file', '--new-file', [CompletionResultType]::ParameterName, 'Read the new value from a file, as the old one')
            [CompletionResult]::new('--generate', '--generate', [CompletionResultType]::ParameterName, 'Generate the new value: 8 to 4096 characters [default: 32]')
            [CompletionResult]::new('--alphabet', '--alphabet', [CompletionResultType]::ParameterName, 'The characters of a generated value [default: alphanumeric]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Look in these jobs: a name a line; - is stdin. For services that list no jobs')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--short', '--short', [CompletionResultType]::ParameterName, 'Allow a value of fewer than 4 characters')
            [CompletionResult]::new('--both', '--both', [CompletionResultType]::ParameterName, 'Look in the secrets and the properties')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would happen to each key, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;secrets;history' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;secrets;rollback' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would happen to each key, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;secrets;describe' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--description', '--description', [CompletionResultType]::ParameterName, 'What the value is for')
            [CompletionResult]::new('--owner', '--owner', [CompletionResultType]::ParameterName, 'The person or team that can replace it')
            [CompletionResult]::new('--rotate-every', '--rotate-every', [CompletionResultType]::ParameterName, 'The time after which it has to be replaced again, such as 90d or 12w')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'The last day on which it is valid, such as 2027-01-31')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--history', '--history', [CompletionResultType]::ParameterName, 'Show who changed the metadata of which keys, and when')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;secrets;rotate' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Read the new value from a file, byte for byte; - is stdin')
            [CompletionResult]::new('--generate', '--generate', [CompletionResultType]::ParameterName, 'Generate the new value: 8 to 4096 characters [default: 32]')
            [CompletionResult]::new('--alphabet', '--alphabet', [CompletionResultType]::ParameterName, 'The characters of a generated value [default: alphanumeric]')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Print the generated value')
            [CompletionResult]::new('--same', '--same', [CompletionResultType]::ParameterName, 'Record a rotation that was made elsewhere: the stored value stays')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;properties' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Set a property; without VALUE a hidden prompt asks for it')
            [CompletionResult]::new('--set-prompt', '--set-prompt', [CompletionResultType]::ParameterName, 'Set a property from a hidden prompt, or from a line of stdin without a terminal')
            [CompletionResult]::new('--set-file', '--set-file', [CompletionResultType]::ParameterName, 'Set a property from a file, byte for byte; - is stdin')
            [CompletionResult]::new('--set-json', '--set-json', [CompletionResultType]::ParameterName, 'Set a property to a JSON value: a number, boolean, null, array or object')
            [CompletionResult]::new('--delete', '--delete', [CompletionResultType]::ParameterName, 'Delete keys: one or several')
            [CompletionResult]::new('--overwrite-all', '--overwrite-all', [CompletionResultType]::ParameterName, 'Replace all properties by the JSON object in FILE; - is stdin')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print a property; may be repeated')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format [default: text]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format [default: text]')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--delete-all', '--delete-all', [CompletionResultType]::ParameterName, 'Delete all properties of the job')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show which keys a write would add, change, keep and remove')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List keys and values')
            [CompletionResult]::new('--get-all', '--get-all', [CompletionResultType]::ParameterName, 'List keys and values')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run a program with the properties as environment variables')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Print the properties in the format of another program, or write them to a file')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Take in properties from a file of another program')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Compare the properties with those of another job, version or file')
            [CompletionResult]::new('copy', 'copy', [CompletionResultType]::ParameterValue, 'Copy properties to another job, team or Control Service')
            [CompletionResult]::new('move', 'move', [CompletionResultType]::ParameterValue, 'Move properties to another job, team or Control Service, or rename them')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Change properties in your editor')
            [CompletionResult]::new('find', 'find', [CompletionResultType]::ParameterValue, 'Find a value, or keys by name, in all jobs of the team')
            [CompletionResult]::new('replace', 'replace', [CompletionResultType]::ParameterValue, 'Replace a value by another one in all jobs of the team')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show who wrote which properties, and when')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Restore an older version of all properties')
            [CompletionResult]::new('migrate', 'migrate', [CompletionResultType]::ParameterValue, 'Move properties that are credentials to the secrets')
            break
        }
        'vdk;properties;exec' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only these keys; * stands for any text')
            [CompletionResult]::new('--except', '--except', [CompletionResultType]::ParameterName, 'All keys but these')
            [CompletionResult]::new('--names', '--names', [CompletionResultType]::ParameterName, 'upper: db-user is DB_USER; keep: the key as it is')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'Put this before each name')
            [CompletionResult]::new('--map', '--map', [CompletionResultType]::ParameterName, 'Give a key a variable of its own')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Write the value to a private file; VAR is its path')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'With --clean-env: pass these variables, too')
            [CompletionResult]::new('--preserve-env', '--preserve-env', [CompletionResultType]::ParameterName, 'Variables that are set already win, or these of them')
            [CompletionResult]::new('--redact', '--redact', [CompletionResultType]::ParameterName, 'Replace values in what the program prints')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--with-properties', '--with-properties', [CompletionResultType]::ParameterName, 'Pass the properties as well; secrets win')
            [CompletionResult]::new('--clean-env', '--clean-env', [CompletionResultType]::ParameterName, 'Pass only PATH, HOME and the like of this environment')
            [CompletionResult]::new('--keep-login', '--keep-login', [CompletionResultType]::ParameterName, 'Pass VDK_API_TOKEN and the like, which are unset otherwise')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show the variables, and run nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;properties;export' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format [default: by the ending of --out]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format [default: by the ending of --out]')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write a file that only you can read, instead of stdout')
            [CompletionResult]::new('--manifest-name', '--manifest-name', [CompletionResultType]::ParameterName, 'k8s: the name of the Secret [default: the job''s]')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'k8s: its namespace')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only these keys; * stands for any text')
            [CompletionResult]::new('--except', '--except', [CompletionResultType]::ParameterName, 'All keys but these')
            [CompletionResult]::new('--names', '--names', [CompletionResultType]::ParameterName, 'keep: the key as it is; upper: db-user is DB_USER')
            [CompletionResult]::new('--strip-prefix', '--strip-prefix', [CompletionResultType]::ParameterName, 'Leave this out where a key begins with it')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'Put this before each key, and then apply --names')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;properties;import' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Its format [default: by its ending]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Its format [default: by its ending]')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only these keys; * stands for any text')
            [CompletionResult]::new('--except', '--except', [CompletionResultType]::ParameterName, 'All keys but these')
            [CompletionResult]::new('--names', '--names', [CompletionResultType]::ParameterName, 'keep: the key as it is; upper: db-user is DB_USER')
            [CompletionResult]::new('--strip-prefix', '--strip-prefix', [CompletionResultType]::ParameterName, 'Leave this out where a key begins with it')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'Put this before each key, and then apply --names')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would happen to each key, and change nothing')
            [CompletionResult]::new('--overwrite', '--overwrite', [CompletionResultType]::ParameterName, 'Replace stored values that differ')
            [CompletionResult]::new('--keep-existing', '--keep-existing', [CompletionResultType]::ParameterName, 'Leave stored keys as they are')
            [CompletionResult]::new('--replace', '--replace', [CompletionResultType]::ParameterName, 'Delete all keys that are not in the file; asks first')
            [CompletionResult]::new('--literal', '--literal', [CompletionResultType]::ParameterName, 'Take text as it stands where readers of dotenv or YAML differ')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;properties;diff' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--to-name', '--to-name', [CompletionResultType]::ParameterName, 'The other data job')
            [CompletionResult]::new('--to-team', '--to-team', [CompletionResultType]::ParameterName, 'The other team')
            [CompletionResult]::new('--to-url', '--to-url', [CompletionResultType]::ParameterName, 'The other Control Service, or local')
            [CompletionResult]::new('--to-version', '--to-version', [CompletionResultType]::ParameterName, 'An older version, as history shows it')
            [CompletionResult]::new('--to-file', '--to-file', [CompletionResultType]::ParameterName, 'A file, as import reads it; - is stdin')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Its format [default: by its ending]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Its format [default: by its ending]')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 1 if anything differs')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Show the values that differ')
            [CompletionResult]::new('--to-secrets', '--to-secrets', [CompletionResultType]::ParameterName, 'The secrets')
            [CompletionResult]::new('--to-properties', '--to-properties', [CompletionResultType]::ParameterName, 'The properties')
            [CompletionResult]::new('--literal', '--literal', [CompletionResultType]::ParameterName, 'Take text as it stands where readers of dotenv or YAML differ')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;properties;copy' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--to-name', '--to-name', [CompletionResultType]::ParameterName, 'The other data job')
            [CompletionResult]::new('--to-team', '--to-team', [CompletionResultType]::ParameterName, 'The other team')
            [CompletionResult]::new('--to-url', '--to-url', [CompletionResultType]::ParameterName, 'The other Control Service, or local')
            [CompletionResult]::new('--rename', '--rename', [CompletionResultType]::ParameterName, 'Give a key another name there')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'Put this before the name of each other key')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'All keys')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would happen to each key, and change nothing')
            [CompletionResult]::new('--to-secrets', '--to-secrets', [CompletionResultType]::ParameterName, 'The secrets')
            [CompletionResult]::new('--to-properties', '--to-properties', [CompletionResultType]::ParameterName, 'The properties')
            [CompletionResult]::new('--overwrite', '--overwrite', [CompletionResultType]::ParameterName, 'Replace stored values that differ')
            [CompletionResult]::new('--keep-existing', '--keep-existing', [CompletionResultType]::ParameterName, 'Leave stored keys as they are')
            [CompletionResult]::new('--yes-expose', '--yes-expose', [CompletionResultType]::ParameterName, 'Make secrets properties, which are shown and may be stored as plain text')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;properties;move' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--to-name', '--to-name', [CompletionResultType]::ParameterName, 'The other data job')
            [CompletionResult]::new('--to-team', '--to-team', [CompletionResultType]::ParameterName, 'The other team')
            [CompletionResult]::new('--to-url', '--to-url', [CompletionResultType]::ParameterName, 'The other Control Service, or local')
            [CompletionResult]::new('--rename', '--rename', [CompletionResultType]::ParameterName, 'Give a key another name there')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'Put this before the name of each other key')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'All keys')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would happen to each key, and change nothing')
            [CompletionResult]::new('--to-secrets', '--to-secrets', [CompletionResultType]::ParameterName, 'The secrets')
            [CompletionResult]::new('--to-properties', '--to-properties', [CompletionResultType]::ParameterName, 'The properties')
            [CompletionResult]::new('--overwrite', '--overwrite', [CompletionResultType]::ParameterName, 'Replace stored values that differ')
            [CompletionResult]::new('--keep-existing', '--keep-existing', [CompletionResultType]::ParameterName, 'Leave stored keys as they are')
            [CompletionResult]::new('--yes-expose', '--yes-expose', [CompletionResultType]::ParameterName, 'Make secrets properties, which are shown and may be stored as plain text')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;properties;edit' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Go on with the text that could not be stored')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;properties;find' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Find keys by name; * stands for any text. No value is asked for')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Look in these jobs: a name a line; - is stdin. For services that list no jobs')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--contains', '--contains', [CompletionResultType]::ParameterName, 'Also find the value as a part of others, such as of a URL or a JSON object, and encoded')
            [CompletionResult]::new('--short', '--short', [CompletionResultType]::ParameterName, 'Allow a value of fewer than 4 characters')
            [CompletionResult]::new('--both', '--both', [CompletionResultType]::ParameterName, 'Look in the secrets and the properties')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;properties;replace' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--old-file', '--old-file', [CompletionResultType]::ParameterName, 'Read the old value from a file, without the line end behind it; - is stdin')
            [CompletionResult]::new('--new-file', '--new-file', [CompletionResultType]::ParameterName, 'Read the new value from a file, as the old one')
            [CompletionResult]::new('--generate', '--generate', [CompletionResultType]::ParameterName, 'Generate the new value: 8 to 4096 characters [default: 32]')
            [CompletionResult]::new('--alphabet', '--alphabet', [CompletionResultType]::ParameterName, 'The characters of a generated value [default: alphanumeric]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Look in these jobs: a name a line; - is stdin. For services that list no jobs')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--short', '--short', [CompletionResultType]::ParameterName, 'Allow a value of fewer than 4 characters')
            [CompletionResult]::new('--both', '--both', [CompletionResultType]::ParameterName, 'Look in the secrets and the properties')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would happen to each key, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;properties;history' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;properties;rollback' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would happen to each key, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;properties;migrate' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--looks-secret', '--looks-secret', [CompletionResultType]::ParameterName, 'Those that look like credentials, as without any key')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Leave the properties as they are, for jobs that still read them')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would happen to each key, and change nothing')
            [CompletionResult]::new('--overwrite', '--overwrite', [CompletionResultType]::ParameterName, 'Replace stored values that differ')
            [CompletionResult]::new('--keep-existing', '--keep-existing', [CompletionResultType]::ParameterName, 'Leave stored keys as they are')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;jobs' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'The team')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'The team')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;check' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: that of the config.ini here or in a folder above]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rule', '--rule', [CompletionResultType]::ParameterName, 'Only these rules')
            [CompletionResult]::new('--ignore', '--ignore', [CompletionResultType]::ParameterName, 'All rules but these')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'The level of findings from which on the exit code is 1')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'text, json, sarif 2.1.0, or annotations of GitHub Actions')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'text, json, sarif 2.1.0, or annotations of GitHub Actions')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Check the code alone: no service or store is asked')
            [CompletionResult]::new('--stdin-keys', '--stdin-keys', [CompletionResultType]::ParameterName, 'Read the keys that are set from stdin, and ask no service or store')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;login' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Login method')
            [CompletionResult]::new('--auth-type', '--auth-type', [CompletionResultType]::ParameterName, 'Login method')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'API token; the prompt, stdin and VDK_API_TOKEN hide it from other users')
            [CompletionResult]::new('--api-token', '--api-token', [CompletionResultType]::ParameterName, 'API token; the prompt, stdin and VDK_API_TOKEN hide it from other users')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'Token endpoint for the API token [default: VDK_API_TOKEN_AUTHORIZATION_URL; for a token of the Control Service, its /oauth2/token]')
            [CompletionResult]::new('--api-token-authorization-url', '--api-token-authorization-url', [CompletionResultType]::ParameterName, 'Token endpoint for the API token [default: VDK_API_TOKEN_AUTHORIZATION_URL; for a token of the Control Service, its /oauth2/token]')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'Identity provider, whose other addresses are discovered')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Client id at the provider')
            [CompletionResult]::new('--client-id', '--client-id', [CompletionResultType]::ParameterName, 'Client id at the provider')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Client secret, if the client has one; better VDK_CLIENT_SECRET')
            [CompletionResult]::new('--client-secret', '--client-secret', [CompletionResultType]::ParameterName, 'Client secret, if the client has one; better VDK_CLIENT_SECRET')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Authorization endpoint, which the browser opens')
            [CompletionResult]::new('--oauth2-discovery-url', '--oauth2-discovery-url', [CompletionResultType]::ParameterName, 'Authorization endpoint, which the browser opens')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'Token endpoint for codes and refresh tokens')
            [CompletionResult]::new('--oauth2-exchange-url', '--oauth2-exchange-url', [CompletionResultType]::ParameterName, 'Token endpoint for codes and refresh tokens')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Scopes to ask for, with spaces between, such as ''openid offline_access''')
            [CompletionResult]::new('--redirect-uri', '--redirect-uri', [CompletionResultType]::ParameterName, 'Address on this machine that the browser is sent to, as it is registered at the provider, such as http://localhost:8400/callback [default: http://127.0.0.1:31113]')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'API that the token is for, as Auth0 asks for it')
            [CompletionResult]::new('--prompt', '--prompt', [CompletionResultType]::ParameterName, 'login: enter the password again; select_account: choose the account')
            [CompletionResult]::new('--parameter', '--parameter', [CompletionResultType]::ParameterName, 'Another parameter for the provider; may be repeated')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest wait [default: 120 for the browser, the life of the code for a device]')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'Control Service that the login is for [default: the configured one]')
            [CompletionResult]::new('--allow', '--allow', [CompletionResultType]::ParameterName, 'Allow the saved login for this Control Service as well')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format of --status')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format of --status')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Show who is logged in, where, and until when')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'With --status: ask the Control Service whether it accepts the login')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;logout' {
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Remove the logins at all services')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;access' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the roles in a team')
            [CompletionResult]::new('grant', 'grant', [CompletionResultType]::ParameterValue, 'Grant a role in a team, or change it')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke a role in a team')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'vdk;access;list' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'The team; * for all')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'The team; * for all')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;access;grant' {
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'A user, by name')
            [CompletionResult]::new('--service-account', '--service-account', [CompletionResultType]::ParameterName, 'A service account, by its client id')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'A group: every user whose token names it')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'The team; * for all')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'The team; * for all')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;access;revoke' {
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'A user, by name')
            [CompletionResult]::new('--service-account', '--service-account', [CompletionResultType]::ParameterName, 'A service account, by its client id')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'A group: every user whose token names it')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'The team; * for all')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'The team; * for all')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;access;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the roles in a team')
            [CompletionResult]::new('grant', 'grant', [CompletionResultType]::ParameterValue, 'Grant a role in a team, or change it')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke a role in a team')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'vdk;access;help;list' {
            break
        }
        'vdk;access;help;grant' {
            break
        }
        'vdk;access;help;revoke' {
            break
        }
        'vdk;access;help;help' {
            break
        }
        'vdk;set-default' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'The team that commands use without -t')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'The team that commands use without -t')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service that commands use without -u: a URL, or local')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service that commands use without -u: a URL, or local')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;reset-default' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Forget the default team')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Forget the default team')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'Forget the default Control Service')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'Forget the default Control Service')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;info' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'A team of that Control Service')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'A team of that Control Service')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--allow-insecure-http', '--allow-insecure-http', [CompletionResultType]::ParameterName, 'Send the login over plain http, where others can read it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;local' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show where the store and its master key are')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Write a consistent copy of the store, still encrypted, to a new file')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Restore a backup as the store on this machine')
            [CompletionResult]::new('export-key', 'export-key', [CompletionResultType]::ParameterValue, 'Write the master key, which opens the store, to a new file')
            [CompletionResult]::new('import-key', 'import-key', [CompletionResultType]::ParameterValue, 'Import the master key of a store that was moved here')
            [CompletionResult]::new('rotate-key', 'rotate-key', [CompletionResultType]::ParameterValue, 'Replace both keys, and re-encrypt everything in the store')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'vdk;local;status' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;local;backup' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;local;restore' {
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--accept-loss', '--accept-loss', [CompletionResultType]::ParameterName, 'Restore what is there, although something is damaged or missing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;local;export-key' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;local;import-key' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;local;rotate-key' {
            [CompletionResult]::new('--new-key-file', '--new-key-file', [CompletionResultType]::ParameterName, 'New file for the master key where VDK_MASTER_KEY_FILE names the old one; running processes look for it in that name with .new behind it')
            [CompletionResult]::new('--forget-old-key', '--forget-old-key', [CompletionResultType]::ParameterName, 'Forget the old master key, without which no older backup can be opened')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;local;help' {
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show where the store and its master key are')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Write a consistent copy of the store, still encrypted, to a new file')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Restore a backup as the store on this machine')
            [CompletionResult]::new('export-key', 'export-key', [CompletionResultType]::ParameterValue, 'Write the master key, which opens the store, to a new file')
            [CompletionResult]::new('import-key', 'import-key', [CompletionResultType]::ParameterValue, 'Import the master key of a store that was moved here')
            [CompletionResult]::new('rotate-key', 'rotate-key', [CompletionResultType]::ParameterValue, 'Replace both keys, and re-encrypt everything in the store')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'vdk;local;help;status' {
            break
        }
        'vdk;local;help;backup' {
            break
        }
        'vdk;local;help;restore' {
            break
        }
        'vdk;local;help;export-key' {
            break
        }
        'vdk;local;help;import-key' {
            break
        }
        'vdk;local;help;rotate-key' {
            break
        }
        'vdk;local;help;help' {
            break
        }
        'vdk;version' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;completion' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;server' {
            [CompletionResult]::new('--address', '--address', [CompletionResultType]::ParameterName, 'Address to listen on [default: 127.0.0.1]')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port to listen on; 0 for any free port [default: 8092]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Properties file with settings; - is stdin')
            [CompletionResult]::new('--insecure-no-authentication', '--insecure-no-authentication', [CompletionResultType]::ParameterName, 'Listen beyond loopback without authentication: every client has full access')
            [CompletionResult]::new('--check-config', '--check-config', [CompletionResultType]::ParameterName, 'Check the settings without starting the service')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Create, list and revoke API tokens, for use without an identity provider')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'vdk;server;token' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Properties file with settings; - is stdin')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Create an API token and print it once')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the API tokens without their secret parts')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke an API token; its access tokens stop working within a minute')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'vdk;server;token;create' {
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User of the token')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Team of the token; * for all')
            [CompletionResult]::new('--role', '--role', [CompletionResultType]::ParameterName, 'Role in that team [default: the roles of its user]')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'Lifetime: 12h, 90d, 1year, or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Properties file with settings; - is stdin')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;server;token;list' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Properties file with settings; - is stdin')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;server;token;revoke' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Properties file with settings; - is stdin')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;server;token;help' {
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Create an API token and print it once')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the API tokens without their secret parts')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke an API token; its access tokens stop working within a minute')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'vdk;server;token;help;create' {
            break
        }
        'vdk;server;token;help;list' {
            break
        }
        'vdk;server;token;help;revoke' {
            break
        }
        'vdk;server;token;help;help' {
            break
        }
        'vdk;server;help' {
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Create, list and revoke API tokens, for use without an identity provider')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'vdk;server;help;token' {
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Create an API token and print it once')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the API tokens without their secret parts')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke an API token; its access tokens stop working within a minute')
            break
        }
        'vdk;server;help;token;create' {
            break
        }
        'vdk;server;help;token;list' {
            break
        }
        'vdk;server;help;token;revoke' {
            break
        }
        'vdk;server;help;help' {
            break
        }
        'vdk;help' {
            [CompletionResult]::new('secrets', 'secrets', [CompletionResultType]::ParameterValue, 'Set, get, list and delete secrets of a data job')
            [CompletionResult]::new('properties', 'properties', [CompletionResultType]::ParameterValue, 'Set, get, list and delete properties of a data job')
            [CompletionResult]::new('jobs', 'jobs', [CompletionResultType]::ParameterValue, 'List the jobs of a team that have secrets or properties')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check what a job''s code needs against what is set')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in to a Control Service')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Forget the login, and revoke it if the provider can')
            [CompletionResult]::new('access', 'access', [CompletionResultType]::ParameterValue, 'Show and change the roles in a team')
            [CompletionResult]::new('set-default', 'set-default', [CompletionResultType]::ParameterValue, 'Save a default team or Control Service')
            [CompletionResult]::new('reset-default', 'reset-default', [CompletionResultType]::ParameterValue, 'Forget a saved default')
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Show the version of a Control Service, and its Python versions')
            [CompletionResult]::new('local', 'local', [CompletionResultType]::ParameterValue, 'Maintain the encrypted store on this machine (-u local)')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Show the version')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print the completions of a shell')
            [CompletionResult]::new('server', 'server', [CompletionResultType]::ParameterValue, 'Run a Control Service on this machine')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'vdk;help;secrets' {
            break
        }
        'vdk;help;properties' {
            break
        }
        'vdk;help;jobs' {
            break
        }
        'vdk;help;check' {
            break
        }
        'vdk;help;login' {
            break
        }
        'vdk;help;logout' {
            break
        }
        'vdk;help;access' {
            break
        }
        'vdk;help;set-default' {
            break
        }
        'vdk;help;reset-default' {
            break
        }
        'vdk;help;info' {
            break
        }
        'vdk;help;local' {
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show where the store and its master key are')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Write a consistent copy of the store, still encrypted, to a new file')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Restore a backup as the store on this machine')
            [CompletionResult]::new('export-key', 'export-key', [CompletionResultType]::ParameterValue, 'Write the master key, which opens the store, to a new file')
            [CompletionResult]::new('import-key', 'import-key', [CompletionResultType]::ParameterValue, 'Import the master key of a store that was moved here')
            [CompletionResult]::new('rotate-key', 'rotate-key', [CompletionResultType]::ParameterValue, 'Replace both keys, and re-encrypt everything in the store')
            break
        }
        'vdk;help;local;status' {
            break
        }
        'vdk;help;local;backup' {
            break
        }
        'vdk;help;local;restore' {
            break
        }
        'vdk;help;local;export-key' {
            break
        }
        'vdk;help;local;import-key' {
            break
        }
        'vdk;help;local;rotate-key' {
            break
        }
        'vdk;help;version' {
            break
        }
        'vdk;help;completion' {
            break
        }
        'vdk;help;server' {
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Create, list and revoke API tokens, for use without an identity provider')
            break
        }
        'vdk;help;server;token' {
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Create an API token and print it once')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the API tokens without their secret parts')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke an API token; its access tokens stop working within a minute')
            break
        }
        'vdk;help;server;token;create' {
            break
        }
        'vdk;help;server;token;list' {
            break
        }
        'vdk;help;server;token;revoke' {
            break
        }
        'vdk;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
